// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.snapshot.CommandSettings;
import dev.countersign.gateway.snapshot.CommandSettings.Sharing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real programs, short ones in the language of the shell. */
final class ServerProcessTest {
  private static final ServerProcess.Graces SHORT =
      new ServerProcess.Graces(Duration.ofMillis(200), Duration.ofMillis(200));
  private static final Duration TIME = Duration.ofSeconds(10);

  @TempDir private Path folder;
  private final LinkedBlockingQueue<String> said = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<String> errors = new LinkedBlockingQueue<>();
  private final CompletableFuture<String> ended = new CompletableFuture<>();
  private @Nullable ServerProcess process;

  private final class Said implements ServerProcess.Listener {
    @Override
    public void line(byte[] line) {
      said.add(new String(line, StandardCharsets.UTF_8));
    }

    @Override
    public void tooLong(byte[] beginning) {
      said.add("…");
    }

    @Override
    public void ended(String how) {
      ended.complete(how);
    }
  }

  private final class Errors implements BoundedLines.Sink {
    @Override
    public void line(byte[] line) {
      errors.add(new String(line, StandardCharsets.UTF_8));
    }

    @Override
    public void tooLong(byte[] beginning) {
      errors.add("…");
    }
  }

  private ServerProcess shell(String script) {
    return start(List.of("sh", "-c", script), Map.of(), Map.of());
  }

  private ServerProcess start(
      List<String> words, Map<String, String> environment, Map<String, String> own) {
    CommandSettings settings =
        new CommandSettings(words, environment, Map.of(), folder, Sharing.SESSION, 1);
    Map<String, String> all = new HashMap<>(own);
    all.put("PATH", System.getenv("PATH"));
    ServerProcess started =
        new ServerProcess(
            "s", Command.clean(settings, all, Map.of()), 10_000, SHORT, new Errors(), new Said());
    process = started;
    started.start();
    return started;
  }

  private String next() throws InterruptedException {
    String line = said.poll(TIME.toSeconds(), TimeUnit.SECONDS);
    assertThat(line).as("a line").isNotNull();
    return String.valueOf(line);
  }

  private String how() throws Exception {
    return ended.get(TIME.toSeconds(), TimeUnit.SECONDS);
  }

  /** Whether it runs; where nobody reaps orphans, a dead one is still listed. */
  private static boolean isAlive(String pid) {
    try {
      String stat = Files.readString(Path.of("/proc", pid, "stat"));
      return !stat.substring(stat.lastIndexOf(')')).startsWith(") Z");
    } catch (IOException e) {
      return false;
    }
  }

  @AfterEach
  void leavesNothing() {
    if (process != null) {
      process.kill();
      assertThat(process.awaitEnd(TIME)).isTrue();
    }
  }

  @Test
  void linesGoInAndOutAndErrorsElsewhere() throws Exception {
    ServerProcess echo = shell("echo oops >&2; while read line; do echo \"got $line\"; done");

    assertThat(echo.write("one".getBytes(StandardCharsets.UTF_8), () -> {})).isTrue();
    assertThat(echo.write("two".getBytes(StandardCharsets.UTF_8), () -> {})).isTrue();

    assertThat(next()).isEqualTo("got one");
    assertThat(next()).isEqualTo("got two");
    assertThat(errors.poll(TIME.toSeconds(), TimeUnit.SECONDS)).isEqualTo("oops");
  }

  @Test
  void environmentIsWhatWasSaidAndAShortListAndNothingElse() throws Exception {
    start(
        List.of("env"),
        Map.of("MODE", "test"),
        Map.of("HOME", "/home/x", "SECRET_OF_THE_GATEWAY", "s3cret", "LD_PRELOAD", "x.so"));

    assertThat(how()).isEqualTo("it ended with 0");
    assertThat(said.stream().map(line -> line.replaceFirst("=.*", "")))
        .containsExactlyInAnyOrder("PATH", "HOME", "MODE");
  }

  @Test
  void runsWhereItWasTold() throws Exception {
    shell("pwd -P");

    assertThat(next()).isEqualTo(folder.toRealPath().toString());
  }

  @Test
  void argumentsAreNotReadByAShell() throws Exception {
    start(List.of("printf", "%s\\n", "$HOME; echo x"), Map.of(), Map.of());

    assertThat(next()).isEqualTo("$HOME; echo x");
  }

  @Test
  void exitIsToldAfterTheLastLine() throws Exception {
    shell("echo last; exit 7");

    assertThat(how()).isEqualTo("it ended with 7");
    assertThat(said).containsExactly("last");
  }

  @Test
  void programThatIsNotThereIsToldAsAnEnd() throws Exception {
    ServerProcess none = start(List.of("countersign-no-such-program"), Map.of(), Map.of());

    assertThat(how()).containsAnyOf("127", "could not be started");
    assertThat(none.write(new byte[] {'a'}, () -> {})).isFalse();
  }

  @Test
  void endOfInputIsEnoughForAWellBehavedOne() throws Exception {
    ServerProcess cat = shell("cat; echo bye");

    cat.stop();

    assertThat(how()).isEqualTo("it ended with 0");
    assertThat(said).containsExactly("bye");
  }

  @Test
  void whoIgnoresTheEndOfInputIsAsked() throws Exception {
    ServerProcess slow =
        shell("trap 'echo asked; exit 5' TERM; echo up; while :; do sleep 0.02; done");
    assertThat(next()).isEqualTo("up");

    slow.stop();

    assertThat(how()).isEqualTo("it ended with 5");
    assertThat(said).containsExactly("asked");
  }

  @Test
  void whoIgnoresEverythingIsKilled() throws Exception {
    ServerProcess stubborn = shell("trap '' TERM; echo up; while :; do sleep 0.02; done");
    assertThat(next()).isEqualTo("up");

    stubborn.stop();

    assertThat(how()).isEqualTo("it ended with 137");
  }

  @Test
  void childrenDoNotOutliveIt() throws Exception {
    shell("sleep 600 & echo $!; (trap '' TERM HUP; sleep 600) & echo $!; exit 0");
    List<String> children = List.of(next(), next());

    assertThat(how()).isEqualTo("it ended with 0");
    assertThat(children).noneMatch(ServerProcessTest::isAlive);
  }

  @Test
  void whoClosesItsOutputIsStopped() throws Exception {
    shell("exec >&-; exec cat 2>/dev/null");

    assertThat(how()).startsWith("it ended with");
  }

  @Test
  void lineOverTheBoundIsSkippedAndTheNextIsRead() throws Exception {
    shell("head -c 100000 /dev/zero | tr '\\0' x; echo; echo after; cat");

    assertThat(next()).isEqualTo("…");
    assertThat(next()).isEqualTo("after");
  }

  @Test
  void writesToOneThatDoesNotReadAreRefusedOnceTheQueueIsFull() throws Exception {
    ServerProcess deaf = shell("echo up; sleep 600");
    assertThat(next()).isEqualTo("up");
    byte[] line = new byte[1 << 20];

    int taken = 0;
    while (taken < 100 && deaf.write(line, () -> {})) {
      taken++;
    }

    assertThat(taken).isBetween(1, (int) (ServerProcess.WRITE_BYTES_MAX >> 20) + 1);
    deaf.stop();
    assertThat(how()).isEqualTo("it ended with 143");
  }
}
