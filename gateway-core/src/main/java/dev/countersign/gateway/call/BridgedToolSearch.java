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
import dev.countersign.gateway.telemetry.Meters;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lists a server's tools for a call of one whose mirrored arguments are not known, or not any more:
 * each page that passes by teaches them ({@link ListedTools}). Confined to the call's event loop.
 */
final class BridgedToolSearch implements ModernCalls.Reply {
  private static final int PAGES_MAX = 16;

  private final Call call;
  private final ModernForm.Claim claim;
  private final ModernCalls calls;
  private final CallIds ids;
  private final Meters meters;
  private final Whose whose;
  private ModernCalls.@Nullable Sent sent;
  private int pages;
  private boolean over;

  /** Who is told. */
  interface Whose {
    /** One more request is at work for the call. */
    void more();

    /** One has nothing more to do for it. */
    void ended();

    /** The search is over; told once, unless it was stopped. */
    void searched(boolean found);
  }

  BridgedToolSearch(
      Call call,
      ModernForm.Claim claim,
      ModernCalls calls,
      CallIds ids,
      Meters meters,
      Whose whose) {
    this.call = call;
    this.claim = claim;
    this.calls = calls;
    this.ids = ids;
    this.meters = meters;
    this.whose = whose;
  }

  void begin() {
    calls.schemas(call).forget(call.caller().key(), tool());
    page(null);
  }

  /** Nobody wants to know any more. */
  void stop() {
    over = true;
    if (sent != null) {
      sent.cancel();
    }
  }

  private void page(@Nullable String cursor) {
    String id = ids.next();
    ModernCalls.Request request =
        new ModernCalls.Request(
            id,
            McpMethod.TOOLS_LIST,
            null,
            List.of(),
            ModernForm.tools(new RpcId.Text("cs-" + id), cursor, claim));
    whose.more();
    try {
      sent = calls.sendMore(call, call.caller(), request, this);
    } catch (RefusedException refusal) {
      whose.ended();
      end(false);
      return;
    }
    sent.call().onEnd(whose::ended);
  }

  private void end(boolean found) {
    if (!over) {
      over = true;
      whose.searched(found);
    }
  }

  @Override
  public void answer(Call from, RpcMessage answer, Answer whole) {
    pages++;
    JsonValue next =
        answer instanceof RpcMessage.Result result ? result.result().member("nextCursor") : null;
    if (isKnown()) {
      end(true);
    } else if (next != null
        && next.kind() == JsonKind.STRING
        && !next.text().isEmpty()
        && pages < PAGES_MAX
        && !over) {
      page(next.text());
    } else {
      end(false);
    }
  }

  private boolean isKnown() {
    return !calls.schemas(call).of(call.caller().key(), tool()).isEmpty();
  }

  private String tool() {
    return String.valueOf(call.message().targetName());
  }

  @Override
  public void none(int status) {
    end(false);
  }

  @Override
  public void begun() {
    // A list that comes on a stream is the same list.
  }

  @Override
  public void said(RpcMessage.Notification notification, byte[] bytes) {
    // It is about a request that the client never made.
    meters.dropped();
  }

  @Override
  public boolean keepsUp() {
    return true;
  }
}
