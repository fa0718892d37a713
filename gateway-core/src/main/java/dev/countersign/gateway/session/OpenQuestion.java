// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import dev.countersign.gateway.input.InputQuestion;
import dev.countersign.gateway.jsonrpc.RpcId;
import org.jspecify.annotations.Nullable;

/**
 * A question of a server that its client has been asked and has not answered.
 *
 * @param id what the client knows it by; the gateway's own, so that no two are alike
 * @param askedAs what the server knows it by
 * @param question what was asked
 * @param callId the call that the question is, in records
 * @param progressToken under which the client may say how far it is, as JSON text, or null
 * @param asker told once what becomes of it, by whoever takes it out of {@link OpenQuestions}
 */
public record OpenQuestion(
    RpcId.Text id,
    RpcId askedAs,
    InputQuestion question,
    String callId,
    @Nullable String progressToken,
    Asker asker) {
  /** Who asked it. May be told from any thread. */
  public interface Asker {
    /** The server has an answer. */
    void answered();

    /**
     * An answer came that must not go to the server, or of which nobody knows whether it has it.
     */
    void unanswered(String why);

    /** An answer came that could not be sent; the question waits in the session again. */
    void waitsOn();
  }
}
