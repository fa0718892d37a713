// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.CommandSettings;
import dev.countersign.gateway.snapshot.CommandSettings.Sharing;
import dev.countersign.gateway.snapshot.SecretReference;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The keys of one of {@code servers} that are about a program which the gateway runs. */
final class CommandSection {
  private static final Pattern SECRET_NAME =
      Pattern.compile("(?i).*(token|secret|passw|api_?key|credential|private).*");

  private final Key<List<String>> command;
  private final Key<Map<String, Variable>> environment;
  private final Key<Path> directory;
  private final Key<Sharing> sharing;
  private final Key<Integer> processes;

  /** Declares the keys. */
  CommandSection(Keys keys) {
    command =
        keys.add(
            Key.optional(
                    "command",
                    new ListType<>(
                        new TextType("a word of 1 to 4096 characters", "[^\\x00-\\x1f]{1,4096}"),
                        1),
                    "The program that the gateway runs as the server, and its arguments: words, no"
                        + " shell. In place of `url`.")
                .example("[npx, -y, \"@modelcontextprotocol/server-filesystem\", /srv/docs]"));
    environment =
        keys.add(
            Key.defaulted(
                    "env",
                    new MapType<>(
                        "a variable's name of letters, digits and underscores",
                        "[A-Za-z_][A-Za-z0-9_]{0,127}",
                        new VariableType(),
                        0),
                    Map.of(),
                    "Variables of the program's environment, beside PATH, HOME, USER, LOGNAME,"
                        + " LANG, LC_ALL, LC_CTYPE, TZ and TMPDIR of the gateway's; it gets no"
                        + " other of these. Secrets as `env:NAME` or `file:PATH`. With `command`"
                        + " only.")
                .example("{API_TOKEN: \"env:GITHUB_TOKEN\", LOG_LEVEL: warn}")
                .neverShown());
    directory =
        keys.add(
            Key.optional(
                    "directory",
                    new FileType(FileType.Holds.PLACE),
                    "Where the program runs. With `command` only.")
                .otherwise("where the gateway does")
                .example("/srv/docs"));
    sharing =
        keys.add(
            Key.defaulted(
                "sharing",
                new ChoiceType<>(
                    List.of(Sharing.values()), choice -> choice.name().toLowerCase(Locale.ROOT)),
                Sharing.SESSION,
                "`session`: a program for each legacy session and for each modern caller;"
                    + " `shared`: one for all callers. With `command` only."));
    processes =
        keys.add(
            Key.defaulted(
                "processes",
                new WholeType(1, 10_000),
                CommandSettings.PROCESSES_MAX_DEFAULT,
                "How many of these programs may run; one caller may have half of them. With"
                    + " `command` only."));
  }

  /**
   * A variable of an environment: one of both.
   *
   * @param text its value
   * @param secret where its value is
   */
  record Variable(@Nullable String text, @Nullable SecretReference secret) {}

  /** Whether the file names a command. */
  boolean isIn(Section in) {
    return in.has(command);
  }

  /** Notes what stands there without a command, which it is about. */
  void notWithoutCommand(Section in) {
    for (Key<?> key : List.of(environment, directory, sharing, processes)) {
      if (in.has(key)) {
        in.place(key).problem(key.name() + " without a command", "command, or no such key");
      }
    }
  }

  /** The command, or null when there is none. */
  @Nullable CommandSettings build(Section in) {
    if (!isIn(in)) {
      return null;
    }
    List<String> words = in.get(command);
    if (words.size() == 1 && words.getFirst().contains(" ")) {
      in.place(command).problem("one word with blanks in it", "a list of words: there is no shell");
    }
    Map<String, String> plain = new HashMap<>();
    Map<String, SecretReference> secrets = new HashMap<>();
    in.get(environment)
        .forEach(
            (name, variable) -> {
              if (variable.secret() != null) {
                secrets.put(name, variable.secret());
              } else if (SECRET_NAME.matcher(name).matches()) {
                in.place(environment)
                    .problem(
                        "the value of " + Place.quoted(name) + " in plain",
                        "env:NAME or file:PATH, as it may be a secret");
              } else {
                plain.put(name, String.valueOf(variable.text()));
              }
            });
    return new CommandSettings(
        words.isEmpty() ? List.of("stand-in") : words,
        plain,
        secrets,
        in.find(directory),
        in.get(sharing),
        in.get(processes));
  }
}
