// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The script {@code countersign} in a tree of its own, with a Maven and a Java that only say so.
 */
final class LauncherTest {
  private static final String JAR = "cli/target/countersign/lib/countersign-cli-1.jar";
  private static final String CACHE = "cli/target/countersign/cache.aot";
  private static final List<String> SOURCES =
      List.of("pom.xml", "cli/pom.xml", "audit/pom.xml", "audit/src/main/java/a/A.java");
  private static final FileTime LONG_AGO = FileTime.from(Instant.parse("2026-01-01T00:00:00Z"));

  @TempDir private Path tree;

  private record Ran(int code, String out, String err) {}

  @BeforeEach
  void layOut() throws IOException {
    Files.copy(Path.of("..", "countersign"), tree.resolve("countersign"));
    for (String source : SOURCES) {
      write(source, "");
    }
    Files.createDirectories(tree.resolve("cli/src/main"));
    script(
        "jdk/bin/java",
        "[ \"$1\" = -version ] && { echo 'openjdk version \"25.0.1\"' >&2; exit 0; }",
        "case \"$*\" in",
        "*'Main train --output '*)",
        "  [ ! -e \"$(dirname \"$0\")/dull\" ] || exit 3",
        "  for last in \"$@\"; do :; done",
        "  [ ! -e \"$(dirname \"$0\")/late\" ] || { echo other >\"$last\"; exit 3; }",
        "  echo learnt >\"$last\" ;;",
        "esac",
        "echo \"$@\"");
    script(
        "bin/mvn",
        "echo \"mvn $*\"",
        "[ ! -e fail ] || exit 1",
        "mkdir -p cli/target/countersign/lib",
        "touch " + JAR);
    age();
  }

  private Path write(String name, String text) throws IOException {
    Path file = tree.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private void script(String name, String... lines) throws IOException {
    Path file = write(name, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Makes everything old, so that whatever is touched afterwards is newer. */
  private void age() throws IOException {
    try (var files = Files.walk(tree)) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, LONG_AGO);
      }
    }
  }

  private Ran run(Map<String, String> environment, String... arguments) throws Exception {
    ProcessBuilder builder = new ProcessBuilder("/bin/sh", tree.resolve("countersign").toString());
    builder.command().addAll(List.of(arguments));
    builder.environment().put("JAVA_HOME", tree.resolve("jdk").toString());
    builder.environment().put("PATH", tree.resolve("bin") + ":" + System.getenv("PATH"));
    builder.environment().remove("COUNTERSIGN_JAVA_OPTS");
    builder.environment().putAll(environment);
    Path out = tree.resolve("out");
    Path err = tree.resolve("err");
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    process.getOutputStream().close();
    return new Ran(
        process.waitFor(),
        Files.readString(out, StandardCharsets.UTF_8),
        Files.readString(err, StandardCharsets.UTF_8));
  }

  @Test
  void firstRunBuildsOnStandardErrorAndTheNextOneDoesNot() throws Exception {
    Ran first = run(Map.of(), "--version");
    assertThat(first.code).as(first.err).isZero();
    assertThat(first.err)
        .startsWith("countersign: building; the first time that takes some minutes\nmvn ")
        .doesNotContain(" -q ");
    assertThat(first.out).endsWith("dev.countersign.cli.Main --version\n");
    assertThat(run(Map.of(), "--version")).isEqualTo(new Ran(0, first.out, ""));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"pom.xml", "audit/pom.xml", "audit/src/main/java/a/A.java", "cli/src/main/new"})
  void whateverIsNewerThanTheBuildIsBuilt(String source) throws Exception {
    run(Map.of(), "check");
    age();
    assertThat(run(Map.of(), "check").err).isEmpty();
    write(source, "changed");
    assertThat(run(Map.of(), "check").err).contains("building");
  }

  @Test
  void sourceThatIsRemovedIsAChangeAndOldLibrariesGo() throws Exception {
    run(Map.of(), "check");
    Path old = write("cli/target/countersign/lib/netty-0.jar", "");
    age();
    Files.delete(tree.resolve("audit/src/main/java/a/A.java"));
    assertThat(run(Map.of(), "check").err).contains("building");
    assertThat(old).doesNotExist();
  }

  @Test
  void whatFailsToBuildIsNotRun() throws Exception {
    write("fail", "");
    for (int i = 0; i < 2; i++) {
      Ran ran = run(Map.of(), "check");
      assertThat(ran.code).isEqualTo(3);
      assertThat(ran.out).isEmpty();
      assertThat(ran.err).endsWith("countersign: the build failed\n");
    }
  }

  @Test
  void firstGatewayOfABuildLearnsAndAllStartWithIt() throws Exception {
    Path cache = tree.resolve(CACHE);
    assertThat(run(Map.of(), "check").out).doesNotContain("AOT");
    assertThat(cache).doesNotExist();
    age();
    for (String command : List.of("run", "demo", "check")) {
      Ran ran = run(Map.of(), command);
      assertThat(ran.err.contains("countersign: learning")).isEqualTo(command.equals("run"));
      assertThat(ran.out).hasLineCount(1).contains(" -XX:AOTCache=" + cache + " -Xlog:aot*=off ");
    }
    write("pom.xml", "changed");
    assertThat(run(Map.of(), "check").out).doesNotContain("AOT");
  }

  @Test
  void whatCannotBeLearntIsTriedOnceForEachBuild() throws Exception {
    write("jdk/bin/dull", "");
    run(Map.of(), "check");
    age();
    for (boolean first : List.of(true, false)) {
      Ran ran = run(Map.of(), "run");
      assertThat(ran.err.contains("countersign: starts take longer: ")).isEqualTo(first);
      assertThat(ran.code).isZero();
      assertThat(ran.out).hasLineCount(1).doesNotContain("AOT");
    }
  }

  /** A gateway that runs has it mapped, and would end if it were emptied. */
  @Test
  void leavesWhatAnotherHasLearntMeanwhile() throws Exception {
    write("jdk/bin/late", "");
    run(Map.of(), "check");
    age();
    Ran ran = run(Map.of(), "run");
    assertThat(ran.err).doesNotContain("countersign: starts take longer: ");
    assertThat(ran.out).contains(" -XX:AOTCache=");
    assertThat(tree.resolve(CACHE)).hasContent("other");
  }

  @Test
  void learnsWithTheOptionsThatGatewaysRunWith() throws Exception {
    run(Map.of(), "check");
    age();
    Ran ran = run(Map.of("COUNTERSIGN_JAVA_OPTS", "-Da=b"), "run");
    String cache = "-XX:AOTCache=" + tree.resolve(CACHE) + " -Xlog:aot*=off ";
    assertThat(ran.out).contains(cache);
    assertThat(ran.err).contains(ran.out.replace(cache, "").replaceAll(" run\n$", " train "));
  }

  @ParameterizedTest
  @CsvSource({"run, -Xms16m -Xmx96m", "check, -Xmx128m", "demo, -Xmx128m", "'', -Xmx128m"})
  void memoryIsTheCommands(String command, String option) throws Exception {
    assertThat(run(Map.of(), command).out).startsWith(option + " ");
  }

  @Test
  void optionsOfTheUserComeLastAndArgumentsStayWhole() throws Exception {
    String out = run(Map.of("COUNTERSIGN_JAVA_OPTS", "-Xmx1g -Da=b"), "check", "a b").out;
    assertThat(out)
        .matches("-Xmx128m .* -Xmx1g -Da=b -cp \\S+ dev.countersign.cli.Main check a b\n");
  }
}
