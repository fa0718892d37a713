// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.BodyEdit;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class InputQuestionTest {
  private static final InputRules RULES =
      new InputRules(Set.of("login.example", "idp.example"), false, 100, 4, 4096);
  private static final String HELLO = "{'role':'user','content':{'type':'text','text':'hi'}}";
  private static final String USES =
      "{'role':'assistant','content':[{'type':'tool_use','id':'1','name':'t','input':{}}]}";
  private static final String RESULTS =
      "{'role':'user','content':[{'type':'tool_result','toolUseId':'1','content':[]}]}";

  private static InputQuestion sampling(String members) {
    return InputQuestion.of("sampling/createMessage", Json.of("{" + members + "}"), RULES);
  }

  private static InputQuestion elicitation(String members) {
    return InputQuestion.of("elicitation/create", Json.of("{" + members + "}"), RULES);
  }

  private static InputQuestion form(String properties) {
    return elicitation(
        "'message':'m','requestedSchema':{'type':'object','properties':{" + properties + "}}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'messages':[],'maxTokens':1",
        "'messages':{},'maxTokens':1",
        "'maxTokens':1",
        "'messages':[#]",
        "'messages':[#],'maxTokens':0",
        "'messages':[#],'maxTokens':1.5",
        "'messages':[#],'maxTokens':'9'",
        "'messages':[#,#,#,#,#],'maxTokens':1",
        "'messages':[#],'maxTokens':1,'includeContext':'everything'",
        "'messages':[#],'maxTokens':1,'tools':{}",
        "'messages':[#],'maxTokens':1,'task':{}",
        "'messages':[{'role':'system','content':{'type':'text','text':''}}],'maxTokens':1",
        "'messages':[{'role':'user'}],'maxTokens':1",
        "'messages':[{'role':'user','content':{'type':'file'}}],'maxTokens':1",
        "'messages':[#,USES],'maxTokens':1",
        "'messages':[USES,#],'maxTokens':1",
        "'messages':[#,RESULTS],'maxTokens':1",
        "'messages':[USES,RESULTS,RESULTS],'maxTokens':1",
      })
  void samplingThatIsMalformedOrOverTheBoundIsRefused(String members) {
    String params = members.replace("#", HELLO).replace("USES", USES).replace("RESULTS", RESULTS);
    assertThatThrownBy(() -> sampling(params)).isInstanceOf(InputRefusedException.class);
  }

  @Test
  void samplingIsCutToItsBounds() {
    JsonValue params =
        Json.of("{'messages':[" + HELLO + "],'maxTokens':5000,'includeContext':'allServers'}");
    InputQuestion question = InputQuestion.of("sampling/createMessage", params, RULES);
    BodyEdit edit = new BodyEdit(params.document().bytes());
    question.cut(edit);

    assertThat(new String(edit.bytes(), StandardCharsets.UTF_8))
        .contains("\"maxTokens\":100,\"includeContext\":\"none\"}");
    assertThat(question.target()).isEqualTo(InputTarget.SAMPLING);
  }

  @Test
  void samplingWithinItsBoundsStaysAsItIs() {
    JsonValue params =
        Json.of(
            "{'messages':[" + HELLO + "," + USES + "," + RESULTS + "],'maxTokens':100,'tools':[]}");
    InputQuestion question = InputQuestion.of("sampling/createMessage", params, RULES);
    BodyEdit edit = new BodyEdit(params.document().bytes());
    question.cut(edit);

    assertThat(edit.bytes()).isSameAs(params.document().bytes());
  }

  @Test
  void questionOverItsSizeIsRefused() {
    assertThatThrownBy(() -> form("'a':{'type':'string','description':'" + "x".repeat(4096) + "'}"))
        .isInstanceOf(InputRefusedException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'password':{'type':'string'}",
        "'dbPassword':{'type':'string'}",
        "'db_passwd':{'type':'string'}",
        "'API-Key':{'type':'string'}",
        "'apikey':{'type':'string'}",
        "'access_token':{'type':'string'}",
        "'clientSecret':{'type':'string'}",
        "'privateKey':{'type':'string'}",
        "'pin':{'type':'string'}",
        "'a':{'type':'string','title':'Your password'}",
        "'a':{'type':'string','format':'password'}",
        "'a':{'type':'string','description':'see https://evil.example'}",
        "'a':{'type':'string','title':'www.evil.example'}",
        "'a':{'type':'string','description':'Your password, please'}",
        "'a':{'type':'string','default':'https://evil.example'}",
        "'a':{'type':'string','enum':['x','https://evil.example']}",
        "'a':{'type':'string','enum':['x'],'enumNames':['www.evil.example']}",
        "'a':{'type':'string','oneOf':[{'const':'x','title':'see https://evil.example'}]}",
        "'a':{'type':'array','items':{'anyOf':[{'const':'x','title':'API key'}]}}",
        "'https://evil.example':{'type':'string'}",
        "'a':{'type':'object'}",
        "'a':{'type':'array'}",
        "'a':{'type':'array','items':{'type':'string'}}",
        "'a':{}",
        "'a':'string'",
        "'a':{'type':'string','enum':[]}",
        "'a':{'type':'string','enum':[1]}",
        "'a':{'type':'string','minLength':'1'}",
      })
  void formThatAsksForASecretOrIsNotFlatIsRefused(String properties) {
    assertThatThrownBy(() -> form(properties)).isInstanceOf(InputRefusedException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "'name':{'type':'string','title':'Name','default':'x'}",
        "'maxTokens':{'type':'integer'}",
        "'pinned':{'type':'boolean','default':true}",
        "'c':{'type':'string','enum':['a','b'],'enumNames':['A','B']}",
        "'c':{'type':'string','oneOf':[{'const':'a','title':'A'}]}",
        "'c':{'type':'array','items':{'type':'string','enum':['a','b']},'minItems':1}",
        "'c':{'type':'array','items':{'anyOf':[{'const':'a','title':'A'}]}}",
        "'mail':{'type':'string','format':'email'}",
      })
  void flatFormIsTaken(String properties) {
    assertThat(form(properties).target()).isEqualTo(InputTarget.FORM);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'message':'m'",
        "'requestedSchema':{'type':'object','properties':{}}",
        "'message':'m','requestedSchema':{'type':'array'}",
        "'message':'m','requestedSchema':{'type':'object'}",
        "'message':'m','mode':'voice','requestedSchema':{'type':'object','properties':{}}",
        "'message':'go to"
            + " https://evil.example','requestedSchema':{'type':'object','properties':{}}",
        "'message':'m','requestedSchema':{'type':'object','properties':{},'required':['x']}",
        "'message':'Your password?','requestedSchema':{'type':'object','properties':{}}",
        "'message':'m','requestedSchema':{'type':'object','title':'Password','properties':{}}",
        "'message':'m','requestedSchema':{'type':'object','description':'at https://evil.example',"
            + "'properties':{}}",
        "'message':'or https://evil.example','mode':'url','url':'https://login.example/'",
        "'message':'m','mode':'url'",
      })
  void elicitationThatIsMalformedIsRefused(String members) {
    assertThatThrownBy(() -> elicitation(members)).isInstanceOf(InputRefusedException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://login.example/",
        "HTTPS://login.example/",
        "javascript:alert(1)",
        "https://user@login.example/",
        "https://user:pass@login.example/",
        "https://login.example@evil.example/",
        "https://login.example:8443/",
        "https://login.example.evil.example/",
        "https://login.example./",
        "https://Login.example/",
        "https://sub.login.example/",
        "https://xn--lgin-0ra.example/",
        "https://l\u043egin.example/",
        "https://login%2eexample/",
        "https://login.example\\\\@evil.example/",
        "https:login.example",
        "//login.example/",
        "https://",
        "https://login.example/a b",
        "https://login.example/\\u0000",
      })
  void pageThatIsNotOnAListedHostIsRefused(String url) {
    assertThatThrownBy(() -> elicitation("'message':'m','mode':'url','url':'" + url + "'"))
        .isInstanceOf(InputRefusedException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://login.example",
        "https://login.example:443/a?b=c",
        "https://idp.example/x"
      })
  void pageOnAListedHostIsTaken(String url) {
    InputQuestion question =
        elicitation("'message':'m','mode':'url','elicitationId':'e1','url':'" + url + "'");

    assertThat(question.target().name()).startsWith("url/").endsWith(".example");
    assertThat(question.elicitationId()).isEqualTo("e1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | false|false|false|false",
        "{'sampling':{}} | true|false|false|false",
        "{'sampling':{'tools':{}}} | true|false|false|false",
        "{'elicitation':{}} | false|true|false|false",
        "{'elicitation':{'form':{}}} | false|true|false|false",
        "{'elicitation':{'url':{}}} | false|false|true|false",
        "{'elicitation':{'form':{},'url':{}}} | false|true|true|false",
        "{'roots':{}} | false|false|false|true",
        "{'roots':true,'sampling':1,'elicitation':[]} | false|false|false|false",
      })
  void clientIsAskedForWhatItDeclaredOnly(
      String capabilities, boolean sampling, boolean form, boolean url, boolean roots) {
    ClientCapabilities declared = ClientCapabilities.of(Json.of(capabilities));

    assertThat(sampling("'messages':[" + HELLO + "],'maxTokens':1").isCoveredBy(declared))
        .isEqualTo(sampling);
    assertThat(form("").isCoveredBy(declared)).isEqualTo(form);
    assertThat(
            elicitation("'message':'m','mode':'url','url':'https://idp.example/'")
                .isCoveredBy(declared))
        .isEqualTo(url);
    assertThat(InputQuestion.of("roots/list", null, RULES).isCoveredBy(declared)).isEqualTo(roots);
  }

  @Test
  void toolsInASamplingNeedACapabilityOfTheirOwn() {
    InputQuestion question =
        sampling("'messages':[" + HELLO + "],'maxTokens':1,'tools':[{'name':'t'}]");

    assertThat(question.isCoveredBy(ClientCapabilities.of(Json.of("{'sampling':{}}")))).isFalse();
    assertThat(question.isCoveredBy(ClientCapabilities.of(Json.of("{'sampling':{'tools':{}}}"))))
        .isTrue();
  }

  private static final String FIELDS =
      "'name':{'type':'string','minLength':2,'maxLength':4},'age':{'type':'integer','minimum':0},"
          + "'ok':{'type':'boolean'},'one':{'type':'string','enum':['a','b']},"
          + "'many':{'type':'array','items':{'type':'string','enum':['a','b']},'maxItems':1},"
          + "'size':{'type':'number','maximum':1}";

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'action':'accept','content':{'name':'bob','age':3,'ok':true,'one':'a','many':['b'],'size':0.5}}",
        "{'action':'accept','content':{'name':'bob'}}",
        "{'action':'decline'}",
        "{'action':'decline','content':{}}",
        "{'action':'cancel'}",
        "{'action':'accept','content':{'name':'bob'},'_meta':{'x':1}}",
      })
  void answerThatFitsTheFormIsTaken(String answer) {
    assertThatCode(() -> filled().checkAnswer(Json.of(answer))).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "{'action':'yes'}",
        "{'action':'accept'}",
        "{'action':'accept','content':{}}",
        "{'action':'accept','content':[]}",
        "{'action':'decline','content':{'name':'bob'}}",
        "{'action':'accept','content':{'name':'b'}}",
        "{'action':'accept','content':{'name':'bobby'}}",
        "{'action':'accept','content':{'name':1}}",
        "{'action':'accept','content':{'name':'bob','age':1.5}}",
        "{'action':'accept','content':{'name':'bob','age':-1}}",
        "{'action':'accept','content':{'name':'bob','ok':'true'}}",
        "{'action':'accept','content':{'name':'bob','one':'c'}}",
        "{'action':'accept','content':{'name':'bob','many':'a'}}",
        "{'action':'accept','content':{'name':'bob','many':['a','b']}}",
        "{'action':'accept','content':{'name':'bob','many':['c']}}",
        "{'action':'accept','content':{'name':'bob','size':2}}",
        "{'action':'accept','content':{'name':'bob','extra':1}}",
      })
  void answerThatDoesNotFitTheFormIsRefused(String answer) {
    assertThatThrownBy(() -> filled().checkAnswer(Json.of(answer)))
        .isInstanceOf(InputRefusedException.class);
  }

  private static InputQuestion filled() {
    return elicitation(
        "'message':'m','requestedSchema':{'type':'object','required':['name'],'properties':{"
            + FIELDS
            + "}}");
  }

  @Test
  void pageThatWasOpenedHasNoContent() {
    InputQuestion page = elicitation("'message':'m','mode':'url','url':'https://idp.example/'");

    assertThatCode(() -> page.checkAnswer(Json.of("{'action':'accept'}")))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> page.checkAnswer(Json.of("{'action':'accept','content':{'a':1}}")))
        .isInstanceOf(InputRefusedException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'roots':[]} | true",
        "{'roots':[{'uri':'file:///home/a','name':'a'}]} | true",
        "{} | false",
        "{'roots':[{'uri':'https://a.example/'}]} | false",
        "{'roots':[{'uri':'file:///a/../b'}]} | false",
        "{'roots':[{'uri':'file://host/a'}]} | false",
        "{'roots':[{'name':'a'}]} | false",
        "{'roots':['file:///a']} | false",
      })
  void rootsAreFilesInNormalForm(String answer, boolean good) {
    InputQuestion roots = InputQuestion.of("roots/list", null, RULES);

    if (good) {
      assertThatCode(() -> roots.checkAnswer(Json.of(answer))).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(() -> roots.checkAnswer(Json.of(answer)))
          .isInstanceOf(InputRefusedException.class);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'role':'assistant','content':{'type':'text','text':'x'},'model':'m'} | true",
        "{'role':'assistant','content':[{'type':'text','text':'x'}],'model':'m','stopReason':'endTurn'}"
            + " | true",
        "{'role':'user','content':{'type':'text','text':'x'},'model':'m'} | false",
        "{'role':'assistant','content':{'type':'text','text':'x'}} | false",
        "{'role':'assistant','content':{'type':'tool_use','id':'1'},'model':'m'} | false",
        "{'role':'assistant','model':'m'} | false",
      })
  void sampledMessageIsTheAssistantsWithoutToolsNobodyGave(String answer, boolean good) {
    InputQuestion question = sampling("'messages':[" + HELLO + "],'maxTokens':1");

    if (good) {
      assertThatCode(() -> question.checkAnswer(Json.of(answer))).doesNotThrowAnyException();
    } else {
      assertThatThrownBy(() -> question.checkAnswer(Json.of(answer)))
          .isInstanceOf(InputRefusedException.class);
    }
  }

  @Test
  void whatNoServerAsksWithIsRefused() {
    assertThat(InputQuestion.isMethod("tools/call")).isFalse();
    assertThatThrownBy(() -> InputQuestion.of("tools/call", null, RULES))
        .isInstanceOf(InputRefusedException.class);
  }
}
