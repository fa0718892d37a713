// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetPatternTest {
  @ParameterizedTest
  @CsvSource({
    "files/read_*, TOOL, files, read_*",
    "files/a:b/c, TOOL, files, a:b/c",
    "*/**, TOOL, *, **",
    "resource:files/file:///srv/**, RESOURCE, files, file:///srv/**",
    "prompt:f*/x, PROMPT, f*, x",
    "task:files/export_*, TASK, files, export_*",
    "sampling:files/createMessage, SAMPLING, files, createMessage",
    "sampling:*/**, SAMPLING, *, **",
    "elicitation:files/form, ELICITATION, files, form",
    "elicitation:files/url/idp.example, ELICITATION, files, url/idp.example",
    "elicitation:files/url/*.idp.example, ELICITATION, files, url/*.idp.example",
    "elicitation:files/url/**, ELICITATION, files, url/**",
    "elicitation:files/*, ELICITATION, files, *",
    "roots:files/list, ROOTS, files, list"
  })
  void takesApartWhatGrantsSay(String text, TargetKind kind, String server, String name) {
    TargetPattern pattern = Objects.requireNonNull(TargetPattern.parse(text));
    assertThat(pattern).isEqualTo(new TargetPattern(kind, server, name));
    assertThat(pattern.pattern()).isEqualTo(server + "/" + name);
    assertThat(problems(text)).isEmpty();
    assertThat(Grants.server(text)).isEqualTo(server);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "files",
        "/x",
        "files/",
        "resource:/x",
        "resource:files",
        "server:files/x",
        "resource_template:files/x",
        "tool:files/x",
        "Sampling:files/createMessage",
        "sampling::files/createMessage",
        "sampling:task:files/x",
        "*:files/x",
        ":files/x"
      })
  void whatIsNoPatternOfAKnownKindIsRefused(String text) {
    assertThat(TargetPattern.parse(text)).isNull();
    assertThat(Grants.server(text)).isNull();
    assertThat(problems(text)).singleElement().asString().startsWith("expected server/tool or ");
  }

  /** They would be taken for a grant, or for a deny, and never match. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "sampling:files/createmessage",
        "sampling:files/sampling/createMessage",
        "sampling:files/create*",
        "roots:files/roots/list",
        "roots:files/file:///srv",
        "elicitation:files/Form",
        "elicitation:files/url",
        "elicitation:files/url/",
        "elicitation:files/url/https://idp.example",
        "elicitation:files/url/IDP.example",
        "elicitation:files/url/idp.example/login",
        "elicitation:files/url/idp.example:443",
        "elicitation:files/idp.example",
        "elicitation:files/**.example",
        "sampling:f**/createMessage",
        "task:FILES/x"
      })
  void namesThatNoTargetOfTheKindHasAreRefused(String text) {
    assertThat(problems(text)).singleElement().asString().doesNotStartWith("expected");
  }

  private static List<String> problems(String target) {
    return Grants.problems(
        new Grant(
            "g", List.of("c"), List.of(target), List.of(), List.of(), List.of(), Set.of(), -1));
  }
}
