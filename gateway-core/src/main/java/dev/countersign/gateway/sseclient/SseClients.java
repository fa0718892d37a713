// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sseclient;

import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.RequestHandler;
import dev.countersign.gateway.seal.Binding;
import dev.countersign.gateway.seal.Purpose;
import dev.countersign.gateway.seal.Seal;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.identity.CallerKey;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The clients whose streams are open: as many in all, and of one caller, as there may be sessions.
 * Any thread.
 */
public final class SseClients {
  private static final int ID_BYTES = 16;

  private final RequestHandler calls;
  private final SessionTable sessions;
  private final Seal seal;
  private final SecureRandom random = new SecureRandom();
  private final ConcurrentHashMap<String, SseClient> clients = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<CallerKey, Integer> perCaller = new ConcurrentHashMap<>();
  private final AtomicInteger size = new AtomicInteger();

  /**
   * @param calls where what they ask for goes
   * @param seal seals the addresses that they are given
   */
  public SseClients(RequestHandler calls, SessionTable sessions, Seal seal) {
    this.calls = calls;
    this.sessions = sessions;
    this.seal = seal;
  }

  /**
   * Whose stream it is, and by which settings.
   *
   * @param expiresAt when the credential that opened it is no good any more
   * @param path the route's
   */
  public record Place(CallerKey caller, Instant expiresAt, String path, LimitSettings limits) {}

  /**
   * Gives a client its stream; on the loop of its exchange.
   *
   * @param exchange what asked for it
   * @param headers of the answer
   * @param served whether the newest settings still have such clients there
   * @return false, and nothing done, when a bound is reached
   */
  public boolean open(
      Place place, Exchange exchange, List<Header> headers, BooleanSupplier served) {
    if (!reserve(place)) {
      return false;
    }
    byte[] id = new byte[ID_BYTES];
    random.nextBytes(id);
    String name = HexFormat.of().formatHex(id);
    Runnable over =
        () -> {
          clients.remove(name);
          release(place);
        };
    SseClient client =
        new SseClient(this, place, exchange, exchange.stream(200, headers), served, over);
    clients.put(name, client);
    String sealed = seal.seal(Purpose.CLIENT_STREAM, id, Binding.of(place.caller, place.path));
    client.begin(place.path + "/messages/" + sealed);
    return true;
  }

  private boolean reserve(Place place) {
    if (size.incrementAndGet() > place.limits.sessionsMax()) {
      size.decrementAndGet();
      return false;
    }
    if (perCaller.merge(place.caller, 1, Integer::sum) > place.limits.sessionsPerCallerMax()) {
      release(place);
      return false;
    }
    return true;
  }

  private void release(Place place) {
    size.decrementAndGet();
    perCaller.computeIfPresent(place.caller, (key, count) -> count > 1 ? count - 1 : null);
  }

  /**
   * The client behind a presented address.
   *
   * @return null when there is none of this caller on this route; unknown, ended and somebody
   *     else's cannot be told apart
   */
  public @Nullable SseClient find(String sealed, CallerKey caller, String path) {
    byte[] id = seal.open(Purpose.CLIENT_STREAM, sealed, Binding.of(caller, path));
    SseClient client = id == null ? null : clients.get(HexFormat.of().formatHex(id));
    return client != null
            && client.place().caller.equals(caller)
            && client.place().path.equals(path)
        ? client
        : null;
  }

  /** Open streams. */
  public int size() {
    return clients.size();
  }

  RequestHandler calls() {
    return calls;
  }

  @Nullable BoundSession session(String wireId, Place place) {
    return sessions.find(wireId, place.caller, place.path, place.limits);
  }

  void end(BoundSession session) {
    sessions.end(session);
  }
}
