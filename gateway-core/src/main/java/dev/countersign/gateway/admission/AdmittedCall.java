// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.admission;

import dev.countersign.audit.AuditReceipt;
import dev.countersign.identity.Caller;
import dev.countersign.policy.Durability;
import dev.countersign.policy.Permit;

/**
 * Proof that exactly these bytes may go to exactly this server: someone known asked, policy
 * permitted, and the decision is on record ({@code ARCHITECTURE.md}, "Proof types").
 *
 * <p>Immutable; any thread.
 */
public final class AdmittedCall {
  private final Caller caller;
  private final Permit permit;
  private final AuditReceipt receipt;
  private final OutboundRequest request;

  private AdmittedCall(
      Caller caller, Permit permit, AuditReceipt receipt, OutboundRequest request) {
    this.caller = caller;
    this.permit = permit;
    this.receipt = receipt;
    this.request = request;
  }

  /**
   * Joins the proofs.
   *
   * @throws IllegalStateException when they are not about one call and one server, or when the
   *     permit demands a durable record before forwarding and it is not durable yet; either is a
   *     fault of ours, and nothing is forwarded
   */
  public static AdmittedCall admit(
      Caller caller, Permit permit, AuditReceipt receipt, OutboundRequest request) {
    if (!permit.callId().equals(receipt.callId()) || !permit.callId().equals(request.callId())) {
      throw new IllegalStateException("permit, receipt and request belong to different calls");
    }
    if (!permit.serverName().equals(request.serverName())) {
      throw new IllegalStateException("the permit was given for another server");
    }
    if (!permit.callerId().equals(caller.id())) {
      throw new IllegalStateException("the permit was given to another caller");
    }
    if (permit.durability() == Durability.BEFORE_FORWARD && !receipt.isDurable()) {
      throw new IllegalStateException("the record must be durable before the call is forwarded");
    }
    return new AdmittedCall(caller, permit, receipt, request);
  }

  /** Who asked. */
  public Caller caller() {
    return caller;
  }

  /** Why it may. */
  public Permit permit() {
    return permit;
  }

  /** Where it is recorded. */
  public AuditReceipt receipt() {
    return receipt;
  }

  /** What is sent. */
  public OutboundRequest request() {
    return request;
  }
}
