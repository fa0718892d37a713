// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The bill of materials of what is shipped. */
final class SbomTest {
  @Test
  void namesEveryJarOfTheRunnableByItsDigestAndNothingElse() throws Exception {
    assumeFalse(Boolean.getBoolean("countersign.offline"), "made by online builds only");
    JsonNode sbom = new ObjectMapper().readTree(Program.LAYOUT.resolve("sbom.json").toFile());
    assertThat(sbom.path("bomFormat").asText()).isEqualTo("CycloneDX");

    Map<String, String> named = new TreeMap<>();
    for (JsonNode component : sbom.path("components")) {
      assertThat(component.path("licenses")).as("licences of " + component).isNotEmpty();
      named.put(sha256(component), component.path("purl").asText());
    }

    String own = sbom.at("/metadata/component/name").asText();
    Map<String, String> shipped = new TreeMap<>();
    try (Stream<Path> jars = Files.list(Program.LAYOUT.resolve("lib"))) {
      for (Path jar : jars.filter(jar -> !name(jar).startsWith(own + "-")).toList()) {
        shipped.put(digest(jar), name(jar));
      }
    }
    assertThat(own).isEqualTo("countersign-cli");
    assertThat(named.keySet())
        .as("shipped %s, named %s; after a change of versions, mvn clean", shipped, named)
        .isEqualTo(shipped.keySet());
  }

  private static String sha256(JsonNode component) {
    for (JsonNode hash : component.path("hashes")) {
      if (hash.path("alg").asText().equals("SHA-256")) {
        return hash.path("content").asText();
      }
    }
    throw new AssertionError("no SHA-256: " + component);
  }

  private static String name(Path jar) {
    return jar.getFileName().toString();
  }

  private static String digest(Path file) throws IOException {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
