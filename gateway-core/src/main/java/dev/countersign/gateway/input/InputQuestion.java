// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.BodyEdit;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A question of a server that passed the checks which need no policy: it is well formed and within
 * the operator's bounds. An answer is checked against it with {@link #checkAnswer}.
 */
public final class InputQuestion {
  private static final Set<String> CONTEXTS = Set.of("none", "thisServer", "allServers");

  private final String method;
  private final InputTarget target;
  private final InputRules rules;
  private final @Nullable ElicitationForm form;
  private final @Nullable String elicitationId;
  private final boolean usesTools;
  private final boolean usesContext;
  private final List<Change> changes;

  private record Change(JsonValue value, String json) {}

  private InputQuestion(
      String method,
      InputTarget target,
      InputRules rules,
      @Nullable ElicitationForm form,
      @Nullable String elicitationId,
      boolean usesTools,
      boolean usesContext,
      List<Change> changes) {
    this.method = method;
    this.target = target;
    this.rules = rules;
    this.form = form;
    this.elicitationId = elicitationId;
    this.usesTools = usesTools;
    this.usesContext = usesContext;
    this.changes = changes;
  }

  /** Whether a method is one of those that servers ask clients with. */
  public static boolean isMethod(String method) {
    return switch (method) {
      case "sampling/createMessage", "elicitation/create", "roots/list" -> true;
      default -> false;
    };
  }

  /**
   * Checks a question.
   *
   * @param params its parameters as they are in the server's message
   * @throws InputRefusedException when it must not be asked, whoever permits it
   */
  public static InputQuestion of(String method, @Nullable JsonValue params, InputRules rules) {
    if (params != null && params.kind() != JsonKind.OBJECT) {
      throw new InputRefusedException("params that are no object");
    }
    if (params != null && params.end() - params.start() > rules.questionBytesMax()) {
      throw new InputRefusedException("more than a question may hold");
    }
    if (params != null && params.member("task") != null) {
      throw new InputRefusedException("a question as a task");
    }
    return switch (method) {
      case "sampling/createMessage" -> sampling(method, required(params), rules);
      case "elicitation/create" -> elicitation(method, required(params), rules);
      case "roots/list" ->
          new InputQuestion(method, InputTarget.ROOTS, rules, null, null, false, false, List.of());
      default -> throw new InputRefusedException("a method that servers do not ask with");
    };
  }

  private static JsonValue required(@Nullable JsonValue params) {
    if (params == null) {
      throw new InputRefusedException("no params");
    }
    return params;
  }

  private static InputQuestion sampling(String method, JsonValue params, InputRules rules) {
    SamplingMessages.check(params.member("messages"), rules.samplingMessagesMax());
    List<Change> changes = new ArrayList<>(2);
    JsonValue tokens = params.member("maxTokens");
    OptionalLong asked = tokens == null ? OptionalLong.empty() : tokens.integer();
    if (tokens == null || asked.isEmpty() || asked.getAsLong() < 1) {
      throw new InputRefusedException("maxTokens that is no whole number above 0");
    }
    if (asked.getAsLong() > rules.samplingTokensMax()) {
      changes.add(new Change(tokens, Integer.toString(rules.samplingTokensMax())));
    }
    JsonValue context = params.member("includeContext");
    boolean wantsContext = false;
    if (context != null) {
      if (context.kind() != JsonKind.STRING || !CONTEXTS.contains(context.text())) {
        throw new InputRefusedException("an unknown includeContext");
      }
      wantsContext = !context.text().equals("none");
      if (wantsContext && !rules.includeContext()) {
        changes.add(new Change(context, "\"none\""));
        wantsContext = false;
      }
    }
    JsonValue tools = params.member("tools");
    if (tools != null && tools.kind() != JsonKind.ARRAY) {
      throw new InputRefusedException("tools that are no list");
    }
    boolean usesTools = tools != null || params.member("toolChoice") != null;
    return new InputQuestion(
        method, InputTarget.SAMPLING, rules, null, null, usesTools, wantsContext, changes);
  }

  private static InputQuestion elicitation(String method, JsonValue params, InputRules rules) {
    JsonValue mode = params.member("mode");
    if (mode != null && mode.kind() != JsonKind.STRING) {
      throw new InputRefusedException("a mode that is no text");
    }
    JsonValue message = params.member("message");
    if (message == null || message.kind() != JsonKind.STRING) {
      throw new InputRefusedException("no message");
    }
    String word = mode == null ? "form" : mode.text();
    return switch (word) {
      case "form" -> {
        ElicitationForm form = ElicitationForm.of(message, params.member("requestedSchema"));
        yield new InputQuestion(
            method, InputTarget.FORM, rules, form, null, false, false, List.of());
      }
      case "url" -> {
        ElicitationForm.refuseLink(message.text());
        String host = ElicitationUrl.host(params.member("url"), rules.elicitationHosts());
        yield new InputQuestion(
            method,
            InputTarget.url(host),
            rules,
            null,
            ElicitationUrl.id(params.member("elicitationId")),
            false,
            false,
            List.of());
      }
      default -> throw new InputRefusedException("an unknown mode");
    };
  }

  /** The method it is asked with. */
  public String method() {
    return method;
  }

  /** What policy is asked about. */
  public InputTarget target() {
    return target;
  }

  /** What the server calls the page it sends the user to, or null. */
  public @Nullable String elicitationId() {
    return elicitationId;
  }

  /** Cuts what is asked for down to the operator's bounds, in the message it was read from. */
  public void cut(BodyEdit edit) {
    for (Change change : changes) {
      edit.replace(
          change.value.start(),
          change.value.end(),
          change.json.getBytes(StandardCharsets.US_ASCII));
    }
  }

  /** Whether a client that declared this may be asked. */
  public boolean isCoveredBy(ClientCapabilities declared) {
    return switch (target.kind()) {
      case SAMPLING ->
          declared.sampling()
              && (!usesTools || declared.samplingTools())
              && (!usesContext || declared.samplingContext());
      case ELICITATION -> target.equals(InputTarget.FORM) ? declared.form() : declared.url();
      case ROOTS -> declared.roots();
      default -> false;
    };
  }

  /**
   * Checks the result that a client gives to it.
   *
   * @throws InputRefusedException when the server must not get it
   */
  public void checkAnswer(JsonValue result) {
    if (result.kind() != JsonKind.OBJECT) {
      throw new InputRefusedException("an answer that is no object");
    }
    if (result.end() - result.start() > rules.questionBytesMax()) {
      throw new InputRefusedException("more than an answer may hold");
    }
    switch (target.kind()) {
      case SAMPLING -> SamplingMessages.checkAnswer(result, usesTools);
      case ELICITATION -> ElicitationAnswer.check(result, form);
      default -> RootsAnswer.check(result);
    }
  }

  /** The member of a response that refuses a question, in the protocol's words for it. */
  public static String refusal(String method) {
    return switch (method) {
      case "elicitation/create" -> "\"result\":{\"action\":\"decline\"}";
      case "sampling/createMessage" ->
          "\"error\":{\"code\":-1,\"message\":\"refused by the gateway's policy\"}";
      default -> "\"error\":{\"code\":-32601,\"message\":\"not served by the gateway\"}";
    };
  }
}
