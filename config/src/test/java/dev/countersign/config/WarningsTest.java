// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that can be used and are still worth a look. */
final class WarningsTest {
  @TempDir private Path folder;

  record Odd(String because, String text, String said) {
    @Override
    public String toString() {
      return because;
    }
  }

  private static Odd grants(String because, String grants, String said) {
    return new Odd(
        because,
        TestFile.GOOD.replaceAll("policy.*\n", "policy: {grants: [" + grants + "]}\n"),
        said);
  }

  static List<Odd> odd() {
    String g = TestFile.GOOD;
    return List.of(
        new Odd(
            "TLS ended elsewhere",
            g + "listen: {address: \"0.0.0.0:80\", public_url: \"https://gw\"}\n",
            "f:5:19: listen.address: found plain HTTP off loopback under an https public_url,"
                + " expected tls here, or something in front that ends TLS and that nobody can get"
                + " around"),
        new Odd(
            "no TLS",
            g + "listen: {address: \"0.0.0.0:80\", public_url: \"http://gw\"}\n",
            "f:5:19: listen.address: found plain HTTP off loopback, expected tls: tokens can be"
                + " read on their way"),
        new Odd(
            "an issuer over http",
            g.replace("https://idp.example", "http://localhost:1"),
            "f:1:42: identity.issuers[0].issuer: found an issuer over http, expected https, other"
                + " than for development"),
        new Odd(
            "a server over http",
            g.replace("127.0.0.1", "mcp.example"),
            "f:2:24: servers.files.url: found http off loopback, expected https: calls can be read"
                + " and changed on their way"),
        new Odd(
            "metrics for everybody",
            g + "admin: {address: \"0.0.0.0:9901\"}\n",
            "f:5:18: admin.address: found an address off loopback, expected loopback: metrics can"
                + " be read without a login"),
        grants(
            "no grants",
            "",
            "f:4:18: policy.grants: found no grants, expected at least one: every call is refused"),
        grants(
            "everything for everybody",
            "{caller: \"**\", allow: [\"*/**\"]}",
            "f:4:42: policy.grants[0].allow[0]: found everything of a server for every caller,"
                + " expected a narrower grant"),
        grants(
            "a caller of an issuer that is not there",
            "{caller: [\"oidc:idp:a\", \"oidc:ipd:a\"], allow: [\"files/read_x\"]}",
            "f:4:43: policy.grants[0].caller[1]: found the issuer \"ipd\", expected one of idp:"
                + " this never matches"),
        grants(
            "an issuer's name for a caller's",
            "{caller: \"oidc:research\", allow: [\"files/read_x\"]}",
            "f:4:28: policy.grants[0].caller: found the issuer \"research\", expected one of idp:"
                + " this never matches"),
        grants(
            "a grant in the shadow of a deny",
            "{caller: \"a:b\", allow: [\"files/read_x\"]}, {caller: \"a:*\", deny:"
                + " \"files/read_*\"}",
            "f:4:43: policy.grants[0].allow[0]: found \"files/read_x\", which \"grant-1\" denies,"
                + " expected a target that is not denied: this never matches"));
  }

  @ParameterizedTest
  @MethodSource("odd")
  void oddSettingsAreValidWithAWarning(Odd odd) {
    ConfigResult result = TestFile.read(odd.text, folder);
    assertThat(result).isInstanceOf(ConfigResult.Valid.class);
    assertThat(TestFile.said(result)).containsExactly("warning: " + odd.said);
  }

  @Test
  void ordinarySettingsHaveNoWarning() {
    assertThat(TestFile.said(TestFile.read(TestFile.GOOD, folder))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"oidc:i*:a", "oidc:*:a", "oidc:idp:*", "oidc:**", "o*:ipd:a", "spiffe://ipd/a"})
  void callersThatAnIssuerMayHaveAreNotWarnedOf(String caller) {
    String text = TestFile.GOOD.replace("oidc:idp:*", caller);
    assertThat(TestFile.said(TestFile.read(text, folder))).isEmpty();
  }

  /** The JDK's own file system can be written to by nobody, whoever runs the test. */
  @Test
  void folderThatThisUserCannotMakeIsWarnedOf() {
    Path readOnly = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules");
    ConfigResult result =
        TestFile.read(TestFile.GOOD.replace("directory: audit", "directory: a/b"), readOnly);
    assertThat(result).isInstanceOf(ConfigResult.Valid.class);
    assertThat(TestFile.said(result))
        .containsExactly(
            "warning: f:3:20: audit.directory: found \"a/b\", which this user cannot make or see,"
                + " expected a folder that the gateway can write to");
  }

  @Test
  void folderThatCannotBeWrittenToIsAProblemAtStartOnly() {
    Path readOnly = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules");
    byte[] text =
        TestFile.GOOD
            .replace("directory: audit", "directory: java.base")
            .getBytes(StandardCharsets.UTF_8);
    assertThat(TestFile.said(TestFile.read(text, readOnly)))
        .containsExactly(
            "f:3:20: audit.directory: found \"java.base\", which cannot be written to, expected a"
                + " folder that the gateway can write to");
    Map<String, String> inForce = Map.of("admin.address", "127.0.0.1:9901");
    ConfigResult again = ConfigReader.read(text, new Reading("f", readOnly, Map.of(), inForce));
    assertThat(TestFile.said(again)).isEmpty();
  }

  @Test
  void foldersBelowAFileAreAProblemAndNoneIsMade() throws IOException {
    Files.createFile(folder.resolve("taken"));
    for (String below : List.of("taken", "taken/audit", "taken/a/b")) {
      String text = TestFile.GOOD.replace("directory: audit", "directory: " + below);
      assertThat(TestFile.read(text, folder)).isInstanceOf(ConfigResult.Invalid.class);
    }
    String deep = TestFile.GOOD.replace("directory: audit", "directory: a/b/c");
    assertThat(TestFile.said(TestFile.read(deep, folder))).isEmpty();
    assertThat(folder.resolve("a")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({"rw-r--r--,1", "rw-r-----,0", "rw-------,0"})
  void secretThatEverybodyCanReadIsWarnedOf(String mode, int warnings) throws IOException {
    Path token = Files.writeString(folder.resolve("token"), "s3cret");
    Files.setPosixFilePermissions(token, PosixFilePermissions.fromString(mode));
    String text = TestFile.GOOD.replace("/mcp\"", "/mcp\", credential: {secret: \"file:token\"}");
    ConfigResult result = TestFile.read(text, folder);
    assertThat(result).isInstanceOf(ConfigResult.Valid.class);
    assertThat(result.warnings()).hasSize(warnings);
  }

  @ParameterizedTest
  @CsvSource({
    "files/*, files/read_x, true",
    "files/*, files/read_*, true",
    "files/**, files/a/b, true",
    "files/**, files/**, true",
    "files/read_*, files/read_*, true",
    "files/*, files/a/b, false",
    "files/*, files/**, false",
    "files/*, fi*/x, false",
    "files/read_x, files/read_*, false",
    "files/*_x, files/read_x, false",
    "resource:files/**, files/x, false",
    "elicitation:files/**, elicitation:files/url/idp.example, true",
    "elicitation:files/*, elicitation:files/url/idp.example, false",
    "files/**, sampling:files/createMessage, false",
    "*/**, sampling:files/createMessage, false"
  })
  void coverIsSeenWhereItIsPlain(String wide, String narrow, boolean covered) {
    assertThat(GrantWarnings.covers(wide, narrow)).isEqualTo(covered);
  }
}
