// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.bridge.ModernForm;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.McpMethod;
import java.util.List;
import java.util.function.Consumer;

/**
 * Lists a server's tools for a call of one whose mirrored arguments are not known: each page that
 * passes by teaches them ({@link ListedTools}). Confined to the call's event loop.
 */
final class BridgedToolSearch implements ModernCalls.Reply {
  private static final int PAGES_MAX = 16;

  private final Call call;
  private final ModernForm.Claim claim;
  private final ModernCalls calls;
  private final CallIds ids;
  private final Runnable begun;
  private final Runnable over;
  private final Consumer<Boolean> found;
  private int pages;

  /**
   * @param begun runs for each request to the server
   * @param over runs when a server has nothing more to do for one
   * @param found told once whether any are known now
   */
  BridgedToolSearch(
      Call call,
      ModernForm.Claim claim,
      ModernCalls calls,
      CallIds ids,
      Runnable begun,
      Runnable over,
      Consumer<Boolean> found) {
    this.call = call;
    this.claim = claim;
    this.calls = calls;
    this.ids = ids;
    this.begun = begun;
    this.over = over;
    this.found = found;
  }

  void begin() {
    page("");
  }

  private void page(String cursor) {
    String id = ids.next();
    byte[] body =
        ModernForm.tools(new RpcId.Text("cs-" + id), cursor.isEmpty() ? null : cursor, claim);
    ModernCalls.Request request =
        new ModernCalls.Request(id, McpMethod.TOOLS_LIST, null, List.of(), body);
    begun.run();
    try {
      calls.send(call, request, this).call().onEnd(over);
    } catch (RefusedException noRoom) {
      over.run();
      found.accept(false);
    }
  }

  @Override
  public void answer(RpcMessage answer, byte[] bytes, Answer head) {
    pages++;
    if (known()) {
      found.accept(true);
      return;
    }
    JsonValue next =
        answer instanceof RpcMessage.Result result ? result.result().member("nextCursor") : null;
    if (next != null
        && next.kind() == JsonKind.STRING
        && !next.text().isEmpty()
        && pages < PAGES_MAX
        && !call.exchange().closed()) {
      page(next.text());
    } else {
      found.accept(false);
    }
  }

  private boolean known() {
    return !call.snapshot()
        .toolSchemas(call.route().server().name())
        .of(call.caller().key(), String.valueOf(call.message().targetName()))
        .isEmpty();
  }

  @Override
  public void none(int status) {
    found.accept(false);
  }

  @Override
  public void begun() {
    // A list that comes on a stream is the same list.
  }

  @Override
  public void said(RpcMessage.Notification notification, byte[] bytes) {
    // It is about a request that the client never made.
  }

  @Override
  public boolean keepsUp() {
    return true;
  }
}
