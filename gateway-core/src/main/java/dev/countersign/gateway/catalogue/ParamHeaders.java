// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.catalogue;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.HeaderAgreement;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Compares {@code Mcp-Param-*} headers with the arguments that they mirror (MCP 2026-07-28,
 * Streamable HTTP, "Request Metadata"). The body is the truth; a header that lies about it might be
 * believed by something between here and the server.
 */
public final class ParamHeaders {
  /** How the names of such headers begin, lower case. */
  public static final String PREFIX = "mcp-param-";

  /** Servers take heads of 8 to 32 KiB; the rest of one is small. */
  private static final int BYTES_MAX = 6 << 10;

  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,16}(\\.0{1,16})?");
  private static final BigDecimal EXACT_MAX = BigDecimal.valueOf((1L << 53) - 1);

  private ParamHeaders() {}

  /**
   * Checks every mirrored argument of a tool. Headers that its schema does not name are not looked
   * at: they are the server's to know.
   *
   * @param header the value of the header of a name in lower case, or null
   * @throws RefusedException with {@link Reason#HEADER_MISMATCH}
   */
  public static void check(
      List<ParamBinding> bindings,
      @Nullable JsonValue arguments,
      Function<String, @Nullable String> header) {
    for (ParamBinding binding : bindings) {
      JsonValue argument = at(arguments, binding.path());
      String mirror = header.apply(PREFIX + binding.header());
      if (argument == null || argument.kind() == JsonKind.NULL) {
        if (mirror != null) {
          throw mismatch(binding, "has nothing in the body to mirror");
        }
      } else if (mirror == null) {
        throw mismatch(binding, "is missing");
      } else if (!equal(argument, HeaderAgreement.decode(mirror))) {
        throw mismatch(binding, "and the body disagree");
      }
    }
  }

  /**
   * The headers that mirror a tool's arguments, for a client that knows of none.
   *
   * @throws RefusedException with {@link Reason#PARAMS_INVALID} when they are larger than servers
   *     take
   */
  public static List<Header> of(List<ParamBinding> bindings, @Nullable JsonValue arguments) {
    List<Header> headers = new ArrayList<>(bindings.size());
    int bytes = 0;
    for (ParamBinding binding : bindings) {
      JsonValue argument = at(arguments, binding.path());
      String mirror = argument == null ? null : mirror(argument);
      if (mirror != null) {
        bytes += PREFIX.length() + binding.header().length() + mirror.length();
        if (bytes > BYTES_MAX) {
          throw RefusedException.of(
              Reason.PARAMS_INVALID, "arguments that the server wants in headers are too long");
        }
        headers.add(new Header(PREFIX + binding.header(), mirror));
      }
    }
    return headers;
  }

  /** What mirrors a value, or null for one that has no mirror, which the server will refuse. */
  private static @Nullable String mirror(JsonValue argument) {
    String raw = new String(argument.raw(), StandardCharsets.UTF_8);
    return switch (argument.kind()) {
      case STRING -> HeaderAgreement.encode(argument.text());
      case TRUE, FALSE -> raw;
      case NUMBER -> argument.integer().isPresent() ? "" + argument.integer().getAsLong() : null;
      case OBJECT, ARRAY, NULL -> null;
    };
  }

  private static @Nullable JsonValue at(@Nullable JsonValue arguments, List<String> path) {
    JsonValue value = arguments;
    for (String name : path) {
      value = value == null ? null : value.member(name);
    }
    return value;
  }

  private static boolean equal(JsonValue argument, String mirror) {
    return switch (argument.kind()) {
      case STRING -> argument.text().equals(mirror);
      case TRUE -> mirror.equals("true");
      case FALSE -> mirror.equals("false");
      case NUMBER -> equalNumbers(argument, mirror);
      case OBJECT, ARRAY, NULL -> false;
    };
  }

  private static boolean equalNumbers(JsonValue argument, String mirror) {
    if (!DECIMAL.matcher(mirror).matches()) {
      return false;
    }
    BigDecimal told = new BigDecimal(mirror);
    return told.abs().compareTo(EXACT_MAX) <= 0
        && told.compareTo(new BigDecimal(new String(argument.raw(), StandardCharsets.US_ASCII)))
            == 0;
  }

  private static RefusedException mismatch(ParamBinding binding, String what) {
    return RefusedException.of(
        Reason.HEADER_MISMATCH, "Mcp-Param-" + binding.header() + " " + what);
  }
}
