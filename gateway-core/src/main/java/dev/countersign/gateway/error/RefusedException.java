// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.error;

import java.util.List;
import java.util.Map;

/** Ends the way of a call with an answer from the catalogue. */
public final class RefusedException extends CallEndException {
  private static final long serialVersionUID = 1L;

  private final transient Reason reason;
  private final transient Reason told;
  private final String detail;
  private final transient Map<String, Object> data;
  private final transient List<String> scopes;

  private RefusedException(
      Reason reason, Reason told, String detail, Map<String, Object> data, List<String> scopes) {
    super(reason.id() + ": " + detail);
    this.reason = reason;
    this.told = told;
    this.detail = detail;
    this.data = data;
    this.scopes = scopes;
  }

  /** A refusal in the catalogue's own words. */
  public static RefusedException of(Reason reason) {
    return new RefusedException(reason, reason, reason.text(), Map.of(), List.of());
  }

  /**
   * A refusal with more to say.
   *
   * @param detail what the caller is told; must hold nothing that the caller may not know
   */
  public static RefusedException of(Reason reason, String detail) {
    return new RefusedException(reason, reason, detail, Map.of(), List.of());
  }

  /**
   * A refusal with members for the JSON-RPC error's {@code data}.
   *
   * @param data values are strings or lists of strings, in order
   */
  public static RefusedException of(Reason reason, String detail, Map<String, Object> data) {
    return new RefusedException(reason, reason, detail, data, List.of());
  }

  /**
   * A refusal whose answer names another reason than record, log and metric do, because the caller
   * may not learn the true one.
   *
   * @param told what the caller hears of
   */
  public static RefusedException disguised(
      Reason reason, Reason told, String detail, Map<String, Object> data) {
    return new RefusedException(reason, told, detail, data, List.of());
  }

  /** A refusal that a wider scope would cure. */
  public static RefusedException needingScopes(List<String> scopes) {
    return new RefusedException(
        Reason.STEP_UP_NEEDED,
        Reason.STEP_UP_NEEDED,
        Reason.STEP_UP_NEEDED.text(),
        Map.of(),
        List.copyOf(scopes));
  }

  /** The catalogue's entry, for records, logs and metrics. */
  public Reason reason() {
    return reason;
  }

  /** The catalogue's entry for the answer; the same unless disguised. */
  public Reason told() {
    return told;
  }

  /** What the caller is told. */
  public String detail() {
    return detail;
  }

  /** Members for {@code error.data}. */
  public Map<String, Object> data() {
    return data;
  }

  /** Scopes to name in a challenge; empty unless a wider scope would cure it. */
  public List<String> scopes() {
    return scopes;
  }
}
