// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a client says a server may ask it for. Servers must not use what was not declared, so what
 * they are told is cut to what policy would grant: the first fence around their questions. What the
 * gateway does not know of is not passed on.
 *
 * @param sampling {@code sampling/createMessage}
 * @param samplingTools with tools
 * @param samplingContext with what the client knows from servers
 * @param form elicitation by a form
 * @param url elicitation by a page
 * @param bareElicitation said with an empty object, as before 2025-11-25
 * @param roots {@code roots/list}
 * @param rootsListChanged and it will say when they change
 */
public record ClientCapabilities(
    boolean sampling,
    boolean samplingTools,
    boolean samplingContext,
    boolean form,
    boolean url,
    boolean bareElicitation,
    boolean roots,
    boolean rootsListChanged) {
  /** Nothing may be asked. */
  public static final ClientCapabilities NONE =
      new ClientCapabilities(false, false, false, false, false, false, false, false);

  /** Reads {@code capabilities}; what is malformed is not declared. */
  public static ClientCapabilities of(@Nullable JsonValue capabilities) {
    if (capabilities == null) {
      return NONE;
    }
    JsonValue sampling = object(capabilities.member("sampling"));
    JsonValue elicitation = object(capabilities.member("elicitation"));
    JsonValue roots = object(capabilities.member("roots"));
    boolean bare = elicitation != null && elicitation.size() == 0;
    JsonValue changes = roots == null ? null : roots.member("listChanged");
    return new ClientCapabilities(
        sampling != null,
        sampling != null && object(sampling.member("tools")) != null,
        sampling != null && object(sampling.member("context")) != null,
        bare || (elicitation != null && object(elicitation.member("form")) != null),
        elicitation != null && object(elicitation.member("url")) != null,
        bare,
        roots != null,
        changes != null && changes.kind() == JsonKind.TRUE);
  }

  private static @Nullable JsonValue object(@Nullable JsonValue value) {
    return value != null && value.kind() == JsonKind.OBJECT ? value : null;
  }

  /**
   * What policy has to be asked before a server is told of these.
   *
   * @param rules whose hosts are those that a page may be on
   */
  public List<InputTarget> targets(InputRules rules) {
    List<InputTarget> targets = new ArrayList<>(4);
    if (sampling) {
      targets.add(InputTarget.SAMPLING);
    }
    if (form) {
      targets.add(InputTarget.FORM);
    }
    if (url) {
      rules.elicitationHosts().stream().sorted().map(InputTarget::url).forEach(targets::add);
    }
    if (roots) {
      targets.add(InputTarget.ROOTS);
    }
    return targets;
  }

  /** These without what is not granted. */
  public ClientCapabilities cutTo(Set<InputTarget> granted, InputRules rules) {
    Predicate<InputTarget> has = granted::contains;
    boolean mayForm = form && has.test(InputTarget.FORM);
    boolean mayUrl = url && rules.elicitationHosts().stream().map(InputTarget::url).anyMatch(has);
    boolean maySample = sampling && has.test(InputTarget.SAMPLING);
    boolean mayRoots = roots && has.test(InputTarget.ROOTS);
    return new ClientCapabilities(
        maySample,
        maySample && samplingTools,
        maySample && samplingContext && rules.includeContext(),
        mayForm,
        mayUrl,
        mayForm && bareElicitation,
        mayRoots,
        mayRoots && rootsListChanged);
  }

  /** As JSON, for a server. */
  public String json() {
    List<String> members = new ArrayList<>(3);
    if (sampling) {
      members.add(
          "\"sampling\":{"
              + (samplingTools ? "\"tools\":{}" : "")
              + (samplingTools && samplingContext ? "," : "")
              + (samplingContext ? "\"context\":{}" : "")
              + "}");
    }
    if (form || url) {
      members.add(
          "\"elicitation\":{"
              + (form && !bareElicitation ? "\"form\":{}" : "")
              + (form && url && !bareElicitation ? "," : "")
              + (url ? "\"url\":{}" : "")
              + "}");
    }
    if (roots) {
      members.add("\"roots\":{" + (rootsListChanged ? "\"listChanged\":true" : "") + "}");
    }
    return "{" + String.join(",", members) + "}";
  }
}
