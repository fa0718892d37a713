// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResourceUriTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:///srv/docs/a.txt",
        "file:///srv/docs/",
        "file:///srv/..a/b..",
        "file:///srv/a%20b",
        "file:///srv/%C3%A9",
        "file:///srv/100%25",
        "https://example.org",
        "https://example.org:8443/a?b=../c&d=%2e",
        "demo://resource/static/document/features.md",
        "note:1",
        "urn:isbn:0451450523",
        "git+ssh://host/a",
        "mail:a@b,c;d=e!f"
      })
  void takesWhatHasOneSpelling(String uri) {
    assertThat(ResourceUri.isNormal(uri)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:///public/../secret/a",
        "file:///public/./a",
        "file:///public/..",
        "file:///public/%2e%2e/secret",
        "file:///public/%2E%2E/secret",
        "file:///public%2Fsecret",
        "file:///public%2fsecret",
        "file:///public%5Csecret",
        "file:///public\\secret",
        "file:///public/%252e%252e/secret",
        "file:///public//secret",
        "file:////secret",
        "file:///%73ecret",
        "file:///srv/%c3%a9",
        "file:///srv/%",
        "file:///srv/%2",
        "file:///srv/%zz",
        "file:///srv/%00",
        "FILE:///secret",
        "https://Example.org/a",
        "../secret",
        "/secret",
        ":secret",
        "1a:secret",
        "note:../1",
        "file:///srv/docs/secret ",
        "file:///srv/docs/.. ",
        "file:///srv/a b",
        "file:///srv/\u6f22",
        "file://localhost/srv/secret",
        "file:///C|/x",
        "file:///srv/a%3Ab",
        "file:///srv/a%40b",
        "file:///srv/a%2Cb",
        "file:///srv/secret#",
        "file:///srv/secret#x",
        "file:///srv/secret?",
        "file:///srv/[a]",
        "file:///srv/{a}",
        "file:///srv/a^b",
        "file:///srv/a`b",
        ""
      })
  void refusesWhatAServerCouldReadAnotherWay(String uri) {
    assertThat(ResourceUri.isNormal(uri)).isFalse();
  }
}
