// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** The instructions of a Dockerfile, comments gone and continued lines joined. */
final class Dockerfile {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final List<Instruction> instructions;

  private Dockerfile(List<Instruction> instructions) {
    this.instructions = instructions;
  }

  /**
   * An instruction.
   *
   * @param name in upper case
   * @param text all after the name
   */
  record Instruction(String name, String text) {
    /** The words, without the flags that begin with two dashes. */
    List<String> words() {
      return Stream.of(text.split(" +")).filter(word -> !word.startsWith("--")).toList();
    }
  }

  static Dockerfile read(Path file) throws IOException {
    List<Instruction> instructions = new ArrayList<>();
    String begun = "";
    for (String line : Files.readAllLines(file)) {
      if (line.startsWith("#") || line.isBlank()) {
        continue;
      }
      if (line.endsWith("\\")) {
        begun += line.substring(0, line.length() - 1).strip() + ' ';
        continue;
      }
      String whole = begun + line.strip();
      begun = "";
      int space = whole.indexOf(' ');
      instructions.add(
          new Instruction(whole.substring(0, space), whole.substring(space + 1).strip()));
    }
    return new Dockerfile(instructions);
  }

  /** All of a name, in order. */
  List<Instruction> all(String name) {
    return instructions.stream().filter(one -> one.name().equals(name)).toList();
  }

  /** The text of the last of a name, the one that counts. */
  String last(String name) {
    return all(name).getLast().text();
  }

  /** The words of the last of a name; fails when it is not in the exec form, without a shell. */
  List<String> exec(String name) {
    String text = last(name);
    try {
      return List.of(JSON.readValue(text.substring(text.indexOf('[')), String[].class));
    } catch (JsonProcessingException | StringIndexOutOfBoundsException e) {
      throw new AssertionError(name + " is not in the exec form: " + text, e);
    }
  }
}
