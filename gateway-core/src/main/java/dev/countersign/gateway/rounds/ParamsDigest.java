// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.rounds;

import dev.countersign.gateway.json.CanonicalJson;
import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonRefusedException;
import dev.countersign.gateway.json.JsonValue;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Names what a request asks for, whatever round it is in: SHA-256 over the canonical form (RFC
 * 8785) of its parameters without what changes from round to round.
 */
public final class ParamsDigest {
  private static final Set<String> NOT_OF_PARAMS = Set.of("inputResponses", "requestState");
  private static final Set<String> NOT_OF_META =
      Set.of(
          "progressToken",
          "traceparent",
          "tracestate",
          "baggage",
          "io.modelcontextprotocol/clientInfo");

  /** The most that settings can allow. */
  private static final int DEPTH_MAX = 1000;

  private ParamsDigest() {}

  /**
   * The digest, in hexadecimal. Takes as long as the parameters are large.
   *
   * @param params of a message whose numbers are all exact
   */
  public static String of(@Nullable JsonValue params) {
    byte[] content = params == null ? new byte[0] : canonical(params);
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is not there", e);
    }
  }

  private static byte[] canonical(JsonValue params) {
    ByteArrayOutputStream kept = new ByteArrayOutputStream(params.end() - params.start());
    copy(params, NOT_OF_PARAMS, kept);
    try {
      byte[] bytes = kept.toByteArray();
      JsonLimits limits = JsonLimits.DEFAULTS.with(bytes.length + 1, DEPTH_MAX, Integer.MAX_VALUE);
      return CanonicalJson.bytes(JsonDocument.parse(bytes, limits).root());
    } catch (JsonRefusedException e) {
      throw new IllegalStateException("part of strict JSON is not strict", e);
    }
  }

  private static void copy(JsonValue object, Set<String> without, ByteArrayOutputStream out) {
    char before = '{';
    for (JsonMember member : object.members()) {
      if (without.contains(member.name())) {
        continue;
      }
      out.write(before);
      before = ',';
      byte[] document = object.document().bytes();
      out.write(document, member.nameStart(), member.value().start() - member.nameStart());
      if (member.name().equals("_meta") && without == NOT_OF_PARAMS) {
        copy(member.value(), NOT_OF_META, out);
      } else {
        out.writeBytes(member.value().raw());
      }
    }
    out.writeBytes((before == '{' ? "{}" : "}").getBytes(StandardCharsets.US_ASCII));
  }
}
