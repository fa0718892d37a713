// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A form that a server wants a user to fill in (MCP 2025-11-25, "Elicitation"): one flat object of
 * texts, numbers, truth values and choices, that asks for no secret and holds no link.
 */
final class ElicitationForm {
  private static final int FIELDS_MAX = 64;
  private static final int MESSAGE_CHARS_MAX = 4096;

  /** Parts of a name, without marks and in lower case, that say a secret is meant. */
  private static final Pattern SECRET =
      Pattern.compile(
          ".*(password|passwd|passphrase|secret|apikey|accesskey|privatekey|credential|token"
              + "|cardnumber|securitycode|recoverycode).*|pin|pincode|pwd|otp|cvv|cvc|ssn");

  /** "Tokens" as in counts of them. */
  private static final Pattern NO_SECRET = Pattern.compile("(max|min|num|total)[a-z]*tokens");

  private static final Pattern LINK = Pattern.compile("(?i)[a-z][a-z0-9+.-]{0,30}://|\\bwww\\.");

  private final Map<String, FormField> fields;
  private final Set<String> required;

  private ElicitationForm(Map<String, FormField> fields, Set<String> required) {
    this.fields = fields;
    this.required = required;
  }

  static ElicitationForm of(JsonValue message, @Nullable JsonValue schema) {
    if (message.text().length() > MESSAGE_CHARS_MAX) {
      throw new InputRefusedException("a message that is too long");
    }
    refuse(message.text());
    if (schema == null || !"object".equals(text(schema.member("type")))) {
      throw new InputRefusedException("a form that is no object");
    }
    JsonValue properties = schema.member("properties");
    if (properties == null || properties.kind() != JsonKind.OBJECT) {
      throw new InputRefusedException("a form without fields");
    }
    if (properties.size() > FIELDS_MAX) {
      throw new InputRefusedException("a form with too many fields");
    }
    for (JsonMember part : schema.members()) {
      if (!part.name().equals("$schema")) {
        refuse(part.name());
        refuseIn(part.value());
      }
    }
    Map<String, FormField> fields = new HashMap<>();
    for (JsonMember property : properties.members()) {
      if ("password".equals(text(property.value().member("format")))) {
        throw new InputRefusedException("a form that asks for a secret");
      }
      fields.put(property.name(), FormField.of(property.value()));
    }
    return new ElicitationForm(fields, required(schema.member("required"), fields.keySet()));
  }

  private static Set<String> required(@Nullable JsonValue names, Set<String> fields) {
    Set<String> required = new HashSet<>();
    if (names != null) {
      for (JsonValue name : names.elements()) {
        String text = text(name);
        if (text == null || !fields.contains(text)) {
          throw new InputRefusedException("a form that requires what it does not have");
        }
        required.add(text);
      }
    }
    return required;
  }

  /** Whatever a client may show of a form, wherever it stands. */
  private static void refuseIn(JsonValue part) {
    switch (part.kind()) {
      case STRING -> refuse(part.text());
      case ARRAY -> part.elements().forEach(ElicitationForm::refuseIn);
      case OBJECT -> {
        for (JsonMember member : part.members()) {
          refuse(member.name());
          refuseIn(member.value());
        }
      }
      case NUMBER, TRUE, FALSE, NULL -> {}
    }
  }

  /** Servers must not ask for secrets in a form: every client software on the way reads them. */
  private static void refuse(String words) {
    refuseLink(words);
    if (isSecret(words)) {
      throw new InputRefusedException("a form that asks for a secret");
    }
  }

  private static boolean isSecret(String name) {
    String plain = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z]", "");
    return SECRET.matcher(plain).matches() && !NO_SECRET.matcher(plain).matches();
  }

  /** A link belongs into url mode, where its host is checked. */
  static void refuseLink(String words) {
    if (LINK.matcher(words).find()) {
      throw new InputRefusedException("a link in the words of a question");
    }
  }

  /** Checks what was filled in. */
  void check(@Nullable JsonValue content) {
    if (content == null || content.kind() != JsonKind.OBJECT) {
      throw new InputRefusedException("a form that was accepted without content");
    }
    Set<String> filled = new HashSet<>();
    for (JsonMember member : content.members()) {
      FormField field = fields.get(member.name());
      if (field == null || !field.takes(member.value())) {
        throw new InputRefusedException("content that the form does not take");
      }
      filled.add(member.name());
    }
    if (!filled.containsAll(required)) {
      throw new InputRefusedException("a form that was not filled in");
    }
  }

  static @Nullable String text(@Nullable JsonValue value) {
    return value != null && value.kind() == JsonKind.STRING ? value.text() : null;
  }
}
