// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ClientCapabilitiesTest {
  private static final InputRules RULES =
      new InputRules(Set.of("idp.example", "a.example"), true, 1, 1, 1);
  private static final String ALL =
      "{'sampling':{'tools':{},'context':{}},'elicitation':{'form':{},'url':{}},"
          + "'roots':{'listChanged':true},'experimental':{'x':{}},'tasks':{'list':{}}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | {}",
        "{'elicitation':{}} | {'elicitation':{}}",
        "{'elicitation':{'form':{}}} | {'elicitation':{'form':{}}}",
        "{'elicitation':{'url':{}}} | {'elicitation':{'url':{}}}",
        "{'elicitation':{'url':{},'form':{'x':1}}} | {'elicitation':{'form':{},'url':{}}}",
        "{'sampling':{'context':{}}} | {'sampling':{'context':{}}}",
        "{'sampling':{'context':{},'tools':{}}} | {'sampling':{'tools':{},'context':{}}}",
        "{'roots':{'listChanged':false}} | {'roots':{}}",
        "{'roots':{'listChanged':true},'other':{}} | {'roots':{'listChanged':true}}",
      })
  void whatIsGrantedIsSaidAsItWasDeclared(String declared, String said) {
    ClientCapabilities capabilities = ClientCapabilities.of(Json.of(declared));
    Set<InputTarget> granted = new HashSet<>(capabilities.targets(RULES));

    assertThat(capabilities.cutTo(granted, RULES).json()).isEqualTo(said.replace('\'', '"'));
  }

  @Test
  void policyIsAskedForWhatWasDeclaredOnly() {
    assertThat(ClientCapabilities.NONE.targets(RULES)).isEmpty();
    assertThat(ClientCapabilities.of(Json.of(ALL)).targets(RULES))
        .extracting(InputTarget::name)
        .containsExactly("createMessage", "form", "url/a.example", "url/idp.example", "list");
  }

  @Test
  void nothingIsSaidWithoutAGrant() {
    ClientCapabilities all = ClientCapabilities.of(Json.of(ALL));

    assertThat(all.cutTo(Set.of(), RULES)).isEqualTo(ClientCapabilities.NONE);
    assertThat(all.cutTo(Set.of(InputTarget.url("idp.example")), RULES).json())
        .isEqualTo("{\"elicitation\":{\"url\":{}}}");
    assertThat(all.cutTo(Set.of(InputTarget.url("other.example")), RULES))
        .isEqualTo(ClientCapabilities.NONE);
    assertThat(ClientCapabilities.NONE.cutTo(new HashSet<>(all.targets(RULES)), RULES))
        .isEqualTo(ClientCapabilities.NONE);
  }

  @Test
  void contextIsNotSaidWhereTheOperatorForbidsIt() {
    ClientCapabilities all = ClientCapabilities.of(Json.of(ALL));

    assertThat(all.cutTo(Set.copyOf(List.of(InputTarget.SAMPLING)), InputRules.DEFAULTS).json())
        .isEqualTo("{\"sampling\":{\"tools\":{}}}");
  }
}
