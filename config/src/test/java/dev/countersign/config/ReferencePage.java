// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.ArrayList;
import java.util.List;

/** The page docs/configuration.md, from the declarations of keys. */
final class ReferencePage {
  private static final String OPENING =
      """
      # Configuration

      <!-- Written by DocsTest of the module config from the declarations of keys; edit those. -->

      One YAML file, checked by `countersign check FILE` (exit code 0 when it is valid, 1 when it is not, 2 on wrong usage)
      and read by `countersign run --config FILE`.
      [config.schema.json](config.schema.json) is the same as JSON Schema, for editors; put
      `# yaml-language-server: $schema=…/docs/config.schema.json` at the top of the file.
      [gateway.yaml](../examples/gateway.yaml) is a commented start.

      **Units.** A duration has its unit: `500ms`, `10s`, `5m`, `1h`, `7d`. A size is a number of bytes, or has a binary
      unit: `64KiB`, `4MiB`, `1GiB`. Where a list of texts is expected, one text may stand without a list. Text that YAML
      would take for a number or for true or false needs quotes. Relative paths start at the file's folder.

      **Secrets** never stand in the file. Where one is needed, there is a reference: `env:NAME` is a variable of the
      process, `file:PATH` a file whose content, without a final line end, is the secret. Variables and files
      are named in problems; what they hold, and whatever else stands in a secret's place, is never shown.

      **YAML.** One document of at most 1 MiB, without anchors, aliases and tags. Keys that are not listed here, and keys
      given twice, are refused.

      **Problems** are all reported at once, each with file, line and column, the key, what was found, what was expected:

          gateway.yaml:3:3: listen.adress: found an unknown key, expected perhaps "address"
          gateway.yaml:12:10: limits.call: found "5 min", expected a duration such as 10s, from 100ms to 1d

      A `warning:` does not keep the settings from being used; `countersign check --strict` fails on it all the same.
      `countersign check --json` prints an array of objects with `kind` (`error` or `warning`), `file`, `line`, `column`,
      `path`, `found` and `expected`.

      **Reload.** SIGHUP reads the file again at once. So does a change of the file itself or of a file that it names
      (certificates, keys, authorities, secrets), as soon as the new content has stayed the same for a second; replacing by
      rename and swapping symbolic links, as Kubernetes does, are seen too. New settings are read, built, warmed and put in
      force as a whole; calls under way keep those that they began with. If anything is wrong, the old settings stay, every
      problem is logged, the refusal is on record and in `countersign_reloads_total`. Keys marked with † are read at start
      only: a reload that changes one is refused. When none of the files has changed, SIGHUP changes nothing and leaves no
      record but a line in the log. While the gateway starts, SIGHUP is remembered.
      """;

  private final StringBuilder page = new StringBuilder(OPENING);

  static String text() {
    ReferencePage page = new ReferencePage();
    page.section("The file", "", FileSection.KEYS);
    return page.page.toString();
  }

  private void section(String title, String path, Keys keys) {
    page.append("\n## ").append(title).append("\n\n").append(keys.meaning()).append("\n\n");
    page.append("| key | type and unit | default | meaning |\n|---|---|---|---|\n");
    keys.all().forEach(this::row);
    for (Key<?> key : keys.all()) {
      below(path.isEmpty() ? key.name() : path + "." + key.name(), key.type());
    }
  }

  private void below(String path, Type<?> type) {
    switch (type) {
      case SectionType section -> section("`" + path + "`", path, section.keys());
      case ListType<?> list when list.element() instanceof SectionType section ->
          section("`" + path + "[]`", path + "[]", section.keys());
      case MapType<?> map when map.element() instanceof SectionType section ->
          section("`" + path + ".<name>`", path + ".<name>", section.keys());
      default -> {}
    }
  }

  private <T> void row(Key<T> key) {
    List<String> cells = new ArrayList<>();
    cells.add("`" + key.name() + "`" + (key.fixed() ? " †" : ""));
    cells.add(type(key.type()));
    cells.add(otherwise(key));
    String example = key.example().isEmpty() ? "" : " Example: `" + key.example() + "`";
    cells.add(key.meaning() + example);
    page.append("| ")
        .append(String.join(" | ", cells.stream().map(cell -> cell.replace("|", "\\|")).toList()))
        .append(" |\n");
  }

  private static String type(Type<?> type) {
    return switch (type) {
      case SectionType section -> "section, see below";
      case ListType<?> list when list.element() instanceof SectionType -> "list, see below";
      case MapType<?> map when map.element() instanceof SectionType ->
          "mapping from names, see below";
      default -> type.expected().replaceFirst("^(an?|the) ", "");
    };
  }

  private static <T> String otherwise(Key<T> key) {
    T value = key.otherwise();
    if (SectionType.isNeeded(key)) {
      return "required";
    }
    if (!key.otherwiseWords().isEmpty()) {
      return key.otherwiseWords();
    }
    if (value == null) {
      return key.type() instanceof SectionType section && section.mayBeEmpty() ? "" : "none";
    }
    String written = key.type().written(value).toString();
    return written.equals("[]") || written.equals("{}") ? "none" : "`" + written + "`";
  }
}
