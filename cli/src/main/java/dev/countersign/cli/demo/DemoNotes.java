// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** The tools of the demo server, and the notes they work on. Any thread may call. */
final class DemoNotes {
  private static final int NOTES_MAX = 10_000;
  private static final int TEXT_CHARS_MAX = 10_000;

  private final ObjectMapper json;
  private final TreeMap<Integer, String> notes = new TreeMap<>();
  private int lastId;

  DemoNotes(ObjectMapper json) {
    this.json = json;
    add("Buy milk.");
  }

  private enum Tool {
    LIST_NOTES("list_notes", "Lists the notes with their ids", ""),
    READ_NOTE("read_note", "Reads one note", "id"),
    CREATE_NOTE("create_note", "Writes a new note and returns its id", "text"),
    DELETE_NOTE("delete_note", "Deletes one note for good", "id");

    private final String wireName;
    private final String description;

    /** The one argument, always a string; empty if there is none. */
    private final String argument;

    Tool(String wireName, String description, String argument) {
      this.wireName = wireName;
      this.description = description;
      this.argument = argument;
    }
  }

  /** The definitions, as {@code tools/list} has them. */
  ArrayNode definitions() {
    ArrayNode tools = json.createArrayNode();
    for (Tool tool : Tool.values()) {
      ObjectNode one = tools.addObject();
      one.put("name", tool.wireName).put("description", tool.description);
      ObjectNode schema = one.putObject("inputSchema").put("type", "object");
      if (!tool.argument.isEmpty()) {
        schema.putObject("properties").putObject(tool.argument).put("type", "string");
        schema.putArray("required").add(tool.argument);
      }
      boolean reads = tool == Tool.LIST_NOTES || tool == Tool.READ_NOTE;
      one.putObject("annotations")
          .put("readOnlyHint", reads)
          .put("destructiveHint", tool == Tool.DELETE_NOTE);
    }
    return tools;
  }

  /**
   * A {@code CallToolResult}, {@code isError} for what the tool refuses; empty if there is no such
   * tool.
   */
  Optional<ObjectNode> call(String name, JsonNode arguments) {
    for (Tool tool : Tool.values()) {
      if (tool.wireName.equals(name)) {
        JsonNode argument = arguments.path(tool.argument);
        return Optional.of(
            tool.argument.isEmpty() || argument.isTextual()
                ? run(tool, argument.asText())
                : failure("a string is needed: \"" + tool.argument + "\""));
      }
    }
    return Optional.empty();
  }

  private synchronized ObjectNode run(Tool tool, String argument) {
    return switch (tool) {
      case LIST_NOTES ->
          result(
              notes.entrySet().stream()
                  .map(note -> note.getKey() + ": " + note.getValue())
                  .collect(Collectors.joining("\n")));
      case READ_NOTE -> found(id(argument).map(notes::get));
      case DELETE_NOTE -> found(id(argument).map(notes::remove).map(gone -> "deleted"));
      case CREATE_NOTE -> create(argument);
    };
  }

  private ObjectNode create(String text) {
    if (text.length() > TEXT_CHARS_MAX) {
      return failure("a note has at most " + TEXT_CHARS_MAX + " characters");
    }
    return notes.size() < NOTES_MAX
        ? result(Integer.toString(add(text)))
        : failure("there are " + NOTES_MAX + " notes already");
  }

  private int add(String text) {
    // An id is never used twice, so that it cannot come to mean another note.
    notes.put(++lastId, text);
    return lastId;
  }

  private static Optional<Integer> id(String text) {
    return text.matches("[1-9][0-9]{0,8}") ? Optional.of(Integer.valueOf(text)) : Optional.empty();
  }

  private ObjectNode found(Optional<String> text) {
    return text.map(this::result).orElseGet(() -> failure("no such note"));
  }

  private ObjectNode failure(String text) {
    return result(text).put("isError", true);
  }

  private ObjectNode result(String text) {
    ObjectNode result = json.createObjectNode();
    result.putArray("content").addObject().put("type", "text").put("text", text);
    return result;
  }
}
