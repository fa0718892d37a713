// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Looks are made by hand here, so that nothing hangs on time; but for the last tests. */
final class ConfigWatcherTest {
  private static final Duration SOON = Duration.ofMillis(10);
  private static final Duration NEVER = Duration.ofHours(1);

  @TempDir private Path folder;
  private Path file = Path.of("");
  private final List<ConfigResult> reloads = new ArrayList<>();

  @BeforeEach
  void writeSettings() throws IOException {
    file = Files.writeString(folder.resolve("gateway.yaml"), TestFile.GOOD);
  }

  private ConfigResult read() {
    return ConfigReader.read(file, Map.of());
  }

  private ConfigWatcher watcher() {
    return new ConfigWatcher(read().sources(), NEVER, this::reload);
  }

  private Sources reload() {
    ConfigResult result = read();
    reloads.add(result);
    return result.sources();
  }

  private static void looks(ConfigWatcher watcher, int times) {
    for (int i = 0; i < times; i++) {
      watcher.look(false);
    }
  }

  private void replace(String text) throws IOException {
    Path next = Files.writeString(folder.resolve("next"), text);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void nothingIsReadAgainWhileNothingChanges() throws IOException {
    ConfigWatcher watcher = watcher();
    Files.setLastModifiedTime(file, FileTime.fromMillis(0));
    replace(TestFile.GOOD);
    looks(watcher, 3);
    assertThat(reloads).isEmpty();
  }

  @Test
  void fileReplacedByRenameIsReadOnceItStaysTheSame() throws IOException {
    ConfigWatcher watcher = watcher();
    replace(TestFile.GOOD + "node: other\n");
    looks(watcher, 1);
    assertThat(reloads).isEmpty();
    looks(watcher, 3);
    assertThat(reloads).singleElement().isInstanceOf(ConfigResult.Valid.class);
  }

  @Test
  void fileThatIsStillWrittenIsNotRead() throws IOException {
    ConfigWatcher watcher = watcher();
    for (int i = 0; i < 5; i++) {
      Files.writeString(file, TestFile.GOOD.substring(0, 20 + i));
      looks(watcher, 1);
    }
    assertThat(reloads).isEmpty();
  }

  @Test
  void fileThatIsAwayForAMomentIsNotRead() throws IOException {
    ConfigWatcher watcher = watcher();
    Files.move(file, folder.resolve("away"));
    looks(watcher, 1);
    Files.move(folder.resolve("away"), file);
    looks(watcher, 3);
    assertThat(reloads).isEmpty();
  }

  @Test
  void swappedLinksAreSeen() throws IOException {
    Path first = Files.createDirectory(folder.resolve("..1"));
    Path second = Files.createDirectory(folder.resolve("..2"));
    Files.writeString(first.resolve("gateway.yaml"), TestFile.GOOD);
    Files.writeString(second.resolve("gateway.yaml"), TestFile.GOOD + "node: other\n");
    Path data = Files.createSymbolicLink(folder.resolve("..data"), Path.of("..1"));
    Files.delete(file);
    Files.createSymbolicLink(file, Path.of("..data", "gateway.yaml"));
    ConfigWatcher watcher = watcher();
    Path next = Files.createSymbolicLink(folder.resolve("..next"), Path.of("..2"));
    Files.move(next, data, StandardCopyOption.ATOMIC_MOVE);
    looks(watcher, 3);
    assertThat(reloads)
        .singleElement()
        .isInstanceOfSatisfying(
            ConfigResult.Valid.class,
            valid -> assertThat(valid.settings().node()).isEqualTo("other"));
  }

  @Test
  void fileThatTheSettingsNameIsWatchedTooAlsoWhenItIsMissing() throws IOException {
    replace(TestFile.GOOD.replace("/mcp\"", "/mcp\", credential: {secret: \"file:token\"}"));
    ConfigWatcher watcher = watcher();
    Files.writeString(folder.resolve("token"), "one");
    looks(watcher, 2);
    Files.writeString(folder.resolve("token"), "two");
    looks(watcher, 2);
    assertThat(reloads).hasSize(2).allMatch(ConfigResult.Valid.class::isInstance);
  }

  @Test
  void brokenFileIsReadOnceAndTheRepairedOneAgain() throws IOException {
    ConfigWatcher watcher = watcher();
    replace("nonsense");
    looks(watcher, 4);
    assertThat(reloads).singleElement().isInstanceOf(ConfigResult.Invalid.class);
    replace(TestFile.GOOD);
    looks(watcher, 4);
    assertThat(reloads).hasSize(2).last().isInstanceOf(ConfigResult.Valid.class);
  }

  @Test
  void changeDuringAReloadLeadsToAnother() throws IOException {
    ConfigWatcher watcher =
        new ConfigWatcher(
            read().sources(),
            NEVER,
            () -> {
              Sources sources = reload();
              try {
                replace(TestFile.GOOD + "node: last\n");
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
              return sources;
            });
    replace(TestFile.GOOD + "node: other\n");
    looks(watcher, 6);
    assertThat(reloads).hasSize(2);
  }

  @Test
  void reloadThatBreaksIsNotTriedAgainWithoutAChange() throws IOException {
    ConfigWatcher watcher =
        new ConfigWatcher(
            read().sources(),
            NEVER,
            () -> {
              reload();
              throw new IllegalStateException("broke");
            });
    replace(TestFile.GOOD + "node: other\n");
    looks(watcher, 5);
    assertThat(reloads).hasSize(1);
  }

  @Test
  void whoAsksIsServedWithoutAChange() throws InterruptedException {
    LinkedBlockingQueue<String> done = new LinkedBlockingQueue<>();
    try (ConfigWatcher watcher =
        ConfigWatcher.start(
            read().sources(),
            NEVER,
            () -> {
              done.add(Thread.currentThread().getName());
              return read().sources();
            })) {
      watcher.request();
      assertThat(done.poll(10, TimeUnit.SECONDS)).isEqualTo("countersign-reload");
      watcher.request();
      assertThat(done.poll(10, TimeUnit.SECONDS)).isNotNull();
    }
  }

  @Test
  void changeIsFoundByTheThreadAndNothingAfterItIsClosed() throws Exception {
    LinkedBlockingQueue<ConfigResult> done = new LinkedBlockingQueue<>();
    ConfigWatcher watcher =
        ConfigWatcher.start(
            read().sources(),
            SOON,
            () -> {
              done.add(read());
              return read().sources();
            });
    replace(TestFile.GOOD + "node: other\n");
    assertThat(done.poll(10, TimeUnit.SECONDS)).isInstanceOf(ConfigResult.Valid.class);
    watcher.close();
    watcher.request();
    assertThat(done).isEmpty();
    assertThat(Thread.getAllStackTraces().keySet())
        .noneMatch(thread -> thread.getName().equals("countersign-reload"));
  }
}
