// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Every process of a run; they end with it, also when it is interrupted. */
final class Children implements AutoCloseable {
  private final Path folder;
  private final Path layout;
  private final List<Child> started = new ArrayList<>();

  /**
   * @param folder for what they print
   * @param layout the product's libraries
   */
  Children(Path folder, Path layout) {
    this.folder = folder;
    this.layout = layout;
    Runtime.getRuntime().addShutdownHook(new Thread(this::close));
  }

  /** Starts a program. */
  synchronized Child start(String name, List<String> command, Map<String, String> environment)
      throws IOException {
    File output = folder.resolve(name + ".log").toFile();
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output)
            .redirectInput(new File("/dev/null"));
    builder.environment().putAll(environment);
    Child child = new Child(name, builder.start(), output.toPath());
    started.add(child);
    return child;
  }

  /** Starts a class of the bench with the product's libraries and JVM options. */
  Child startJava(String name, Class<?> main, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:+UseCompactObjectHeaders",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                classPath(main) + File.pathSeparator + layout.resolve("*"),
                main.getName()));
    command.addAll(List.of(arguments));
    return start(name, command, Map.of());
  }

  private static String classPath(Class<?> main) {
    return Path.of(main.getProtectionDomain().getCodeSource().getLocation().getPath()).toString();
  }

  @Override
  public synchronized void close() {
    for (int i = started.size() - 1; i >= 0; i--) {
      started.get(i).close();
    }
    started.clear();
  }
}
