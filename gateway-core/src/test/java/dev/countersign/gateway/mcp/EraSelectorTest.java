// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import static dev.countersign.gateway.mcp.Messages.CAPABILITIES;
import static dev.countersign.gateway.mcp.Messages.VERSION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EraSelectorTest {
  private static final String MODERN = "2026-07-28";
  private static final String WHOLE = "{\"_meta\":{" + VERSION + "," + CAPABILITIES + "}}";
  private static final String VERSION_ALONE = "{\"_meta\":{" + VERSION + "}}";

  /** A message, its version header, and the era it belongs to or why it is refused. */
  record Row(
      String because,
      RpcMessage message,
      @Nullable String header,
      @Nullable Era era,
      @Nullable Reason refusal) {
    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Row> messages() {
    RpcMessage result = Messages.rpc("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" + WHOLE + "}");
    RpcMessage failure =
        Messages.rpc("{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"\"}}");
    RpcMessage initialized = Messages.notification("notifications/initialized", null);
    RpcMessage claimed = Messages.notification("notifications/cancelled", VERSION_ALONE);
    return Stream.of(
        legacy("posted result", result, null),
        legacy("posted result, modern header", result, MODERN),
        legacy("posted error, modern header", failure, MODERN),
        legacy("initialize", request("initialize", "{}"), null),
        legacy("initialize, legacy header", request("initialize", "{}"), "2025-11-25"),
        legacy("initialize with part of a claim", request("initialize", VERSION_ALONE), null),
        legacy(
            "initialize with the other part",
            request("initialize", "{\"_meta\":{" + CAPABILITIES + "}}"),
            null),
        modern("initialize with the whole claim", request("initialize", WHOLE), null),
        modern("initialize, whole claim and header", request("initialize", WHOLE), MODERN),
        refused("initialize, modern header", request("initialize", "{}"), Reason.HEADER_MISMATCH),
        refused(
            "initialize with part of a claim, modern header",
            request("initialize", VERSION_ALONE),
            Reason.HEADER_MISMATCH),
        modern("claim", request("tools/call", WHOLE), MODERN),
        modern("claim, no header", request("tools/call", WHOLE), null),
        modern("claim, legacy header", request("tools/call", WHOLE), "2025-11-25"),
        modern("claim of a legacy version", request("ping", claim("\"2025-11-25\"")), null),
        modern("claim of no version", request("ping", claim("null")), null),
        modern("claim that is an object", request("ping", claim("{}")), "2025-11-25"),
        refused("no claim, modern header", request("tools/call", "{}"), Reason.META_INVALID),
        refused("no params, modern header", request("ping", null), Reason.META_INVALID),
        refused(
            "capabilities alone, modern header",
            request("ping", "{\"_meta\":{" + CAPABILITIES + "}}"),
            Reason.META_INVALID),
        refused(
            "_meta that is text, modern header",
            request("ping", "{\"_meta\":\"x\"}"),
            Reason.META_INVALID),
        legacy("no claim", request("tools/call", "{\"name\":\"x\"}"), null),
        legacy("no claim, legacy header", request("tools/call", "{}"), "2025-06-18"),
        legacy("no claim, unknown header", request("tools/call", "{}"), "2099-01-01"),
        legacy("no claim, header nearly modern", request("tools/call", "{}"), "2026-07-28 x"),
        legacy("claim outside _meta", request("ping", "{" + VERSION + "}"), null),
        legacy("notification", initialized, null),
        legacy("notification, legacy header", initialized, "2025-11-25"),
        modern("notification, modern header", initialized, MODERN),
        modern("notification with a claim", claimed, null),
        modern("notification with a claim, legacy header", claimed, "2025-11-25"));
  }

  private static RpcMessage request(String method, @Nullable String params) {
    return Messages.request(method, params);
  }

  private static String claim(String version) {
    return "{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":" + version + "}}";
  }

  private static Row legacy(String because, RpcMessage message, @Nullable String header) {
    return new Row(because, message, header, Era.LEGACY, null);
  }

  private static Row modern(String because, RpcMessage message, @Nullable String header) {
    return new Row(because, message, header, Era.MODERN, null);
  }

  private static Row refused(String because, RpcMessage message, Reason refusal) {
    return new Row(because, message, MODERN, null, refusal);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void asksTheBodyFirst(Row row) {
    if (row.era() != null) {
      assertThat(EraSelector.select(row.message(), row.header())).isEqualTo(row.era());
    } else {
      assertThatThrownBy(() -> EraSelector.select(row.message(), row.header()))
          .isInstanceOfSatisfying(
              RefusedException.class,
              refused -> assertThat(refused.reason()).isEqualTo(row.refusal()));
    }
  }

  @Test
  void namesTheKeysThatAreMissing() {
    assertThatThrownBy(() -> EraSelector.select(request("ping", "{}"), MODERN))
        .hasMessageContaining(RequestMeta.VERSION)
        .hasMessageContaining(RequestMeta.CAPABILITIES);
  }

  @Test
  void takesAWholeClaim() {
    assertThatCode(() -> EraSelector.checkClaim(RequestMeta.of(Messages.json(WHOLE)), null))
        .doesNotThrowAnyException();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{}|META_INVALID",
        "{\"io.modelcontextprotocol/protocolVersion\":null}|META_INVALID",
        "{\"io.modelcontextprotocol/protocolVersion\":20260728}|META_INVALID",
        "{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}|META_INVALID",
        "{\"io.modelcontextprotocol/protocolVersion\":\"2025-11-25\"}|VERSION_NOT_SERVED",
        "{\"io.modelcontextprotocol/protocolVersion\":\"\"}|VERSION_NOT_SERVED",
        "{\"io.modelcontextprotocol/protocolVersion\":\" 2026-07-28\"}|VERSION_NOT_SERVED",
        "{\"io.modelcontextprotocol/protocolVersion\":\"2099-01-01\"}|VERSION_NOT_SERVED"
      })
  void refusesAClaimThatIsNotWhole(String meta, Reason reason) {
    RequestMeta claim = RequestMeta.of(Messages.json("{\"_meta\":" + meta + "}"));

    assertThatThrownBy(() -> EraSelector.checkClaim(claim, null))
        .isInstanceOfSatisfying(
            RefusedException.class, refused -> assertThat(refused.reason()).isEqualTo(reason));
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "[]", "\"\"", "true", "1"})
  void refusesCapabilitiesThatAreNoObject(String capabilities) {
    String meta =
        "{" + VERSION + ",\"io.modelcontextprotocol/clientCapabilities\":" + capabilities + "}";
    RequestMeta claim = RequestMeta.of(Messages.json("{\"_meta\":" + meta + "}"));

    assertThatThrownBy(() -> EraSelector.checkClaim(claim, null))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused -> assertThat(refused.reason()).isEqualTo(Reason.META_INVALID));
  }

  @Test
  void saysWhichVersionsAreServedAndWhichWasAskedFor() {
    RequestMeta claim = RequestMeta.of(Messages.json(claim("\"2025-11-25\"")));

    assertThatThrownBy(() -> EraSelector.checkClaim(claim, null))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused ->
                assertThat(refused.data())
                    .containsEntry("supported", List.of(MODERN))
                    .containsEntry("requested", "2025-11-25"));
  }

  @Test
  void headerThatNamesAnotherVersionGoesBeforeWhatIsServed() {
    RequestMeta claim = RequestMeta.of(Messages.json(claim("\"2030-01-01\"")));

    assertThatThrownBy(() -> EraSelector.checkClaim(claim, MODERN))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused -> assertThat(refused.reason()).isEqualTo(Reason.HEADER_MISMATCH));
  }

  @Test
  void cutsALongVersionBetweenCharacters() {
    String asked = "x".repeat(63) + "\ud83d\ude00".repeat(100);

    assertThatThrownBy(
            () ->
                EraSelector.checkClaim(
                    RequestMeta.of(Messages.json(claim('"' + asked + '"'))), null))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused -> assertThat(refused.data()).containsEntry("requested", "x".repeat(63)));
  }
}
