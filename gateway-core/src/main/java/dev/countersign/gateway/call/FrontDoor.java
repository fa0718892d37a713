// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.RequestHead;
import dev.countersign.gateway.snapshot.Entrance;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.snapshot.SnapshotHolder;
import dev.countersign.identity.ProtectedResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is checked before anyone is asked for a credential: Host, Origin, path ({@code
 * docs/wire.md}, "Order of checks"). Also answers the two things that need none: protected-resource
 * metadata and CORS preflights.
 */
final class FrontDoor {
  private static final String ALLOWED_HEADERS =
      "authorization, content-type, accept, last-event-id, mcp-session-id, mcp-protocol-version,"
          + " mcp-method, mcp-name";
  private static final String EXPOSED_HEADERS = "mcp-session-id, www-authenticate";

  private final SnapshotHolder snapshots;
  private final CallIds ids;

  FrontDoor(SnapshotHolder snapshots, CallIds ids) {
    this.snapshots = snapshots;
    this.ids = ids;
  }

  /**
   * Lets a request in.
   *
   * @return null when it has been answered here
   * @throws RefusedException when it may not come in
   */
  @Nullable Call enter(Exchange exchange) {
    Snapshot snapshot = snapshots.current();
    if (snapshot == null) {
      throw RefusedException.of(Reason.DRAINING, "the gateway is not ready");
    }
    RequestHead head = exchange.head();
    String host = head.header("host");
    if (host == null || !snapshot.knowsHost(host)) {
      throw RefusedException.of(Reason.HOST_NOT_ALLOWED);
    }
    String origin = head.header("origin");
    if (origin != null && !snapshot.settings().listen().allowedOrigins().contains(origin)) {
      throw RefusedException.of(Reason.ORIGIN_NOT_ALLOWED);
    }
    Entrance described = snapshot.describedAt(head.target());
    if (described != null) {
      exchange.answer(metadata(snapshot, described, head));
      return null;
    }
    Entrance entrance = snapshot.entrance(head.target());
    if (entrance == null) {
      entrance = snapshot.postedTo(head.target());
    }
    if (entrance == null) {
      throw RefusedException.of(Reason.PATH_UNKNOWN);
    }
    if (head.method().equals("OPTIONS")) {
      exchange.answer(preflight(head));
      return null;
    }
    Call call = new Call(ids.next(), exchange, snapshot, entrance);
    exchange.hold().retain();
    call.onEnd(exchange.hold()::release);
    return call;
  }

  /** Headers that let a page of an accepted origin read the answer; none without an origin. */
  static List<Header> cors(RequestHead head) {
    String origin = head.header("origin");
    return origin == null
        ? List.of()
        : List.of(
            new Header("access-control-allow-origin", origin),
            new Header("access-control-expose-headers", EXPOSED_HEADERS),
            new Header("vary", "origin"));
  }

  private static Answer metadata(Snapshot snapshot, Entrance entrance, RequestHead head) {
    if (!Set.of("GET", "HEAD", "OPTIONS").contains(head.method())) {
      throw RefusedException.of(Reason.METHOD_NOT_ALLOWED);
    }
    List<String> issuers =
        snapshot.settings().identity().issuers().stream()
            .map(issuer -> issuer.issuer().toString())
            .toList();
    byte[] body = ProtectedResource.metadata(entrance.resource(), issuers, List.of());
    return new Answer(
        200,
        List.of(
            new Header("content-type", "application/json"),
            new Header("cache-control", "max-age=300"),
            // Clients in browsers fetch it before they have any credential.
            new Header("access-control-allow-origin", "*")),
        head.method().equals("GET") ? body : new byte[0]);
  }

  private static Answer preflight(RequestHead head) {
    if (head.header("origin") == null) {
      throw RefusedException.of(Reason.METHOD_NOT_ALLOWED);
    }
    List<Header> headers = new ArrayList<>(cors(head));
    headers.add(new Header("access-control-allow-methods", "POST, GET, DELETE"));
    headers.add(new Header("access-control-allow-headers", allowedHeaders(head)));
    headers.add(new Header("access-control-max-age", "600"));
    return new Answer(204, headers, new byte[0]);
  }

  /** The fixed list, and the parameter mirrors that the page asks for by name. */
  private static String allowedHeaders(RequestHead head) {
    StringBuilder allowed = new StringBuilder(ALLOWED_HEADERS);
    String asked = head.header("access-control-request-headers");
    if (asked != null) {
      for (String name : asked.split(",", 64)) {
        String lower = name.strip().toLowerCase(Locale.ROOT);
        if (lower.matches("mcp-param-[a-z0-9-]{1,64}")) {
          allowed.append(", ").append(lower);
        }
      }
    }
    return allowed.toString();
  }
}
