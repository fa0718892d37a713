// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.bare;

import dev.countersign.audit.AuditUnavailableException;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import dev.countersign.gateway.credential.UpstreamCredential;
import dev.countersign.gateway.http.BufferBudget;
import dev.countersign.gateway.http.EventLoops;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.HttpLimits;
import dev.countersign.gateway.http.HttpListener;
import dev.countersign.gateway.http.ServerTls;
import dev.countersign.gateway.snapshot.GatewaySettings;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.HttpUpstream;
import dev.countersign.gateway.upstream.UpstreamPools;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/**
 * The product's listener and upstream leg with nothing between them: no proof of the caller, no
 * look at the message, no policy, no record, no governor before the reply. Every request goes to
 * the same path of the first server of the settings, and its JSON answer comes back as it is.
 */
public final class BareGateway {
  private static final Set<String> LEFT_BEHIND = Set.of("host", "content-length", "connection");

  private final Proofs proofs;
  private final HttpUpstream upstream;
  private final int bodyBytesMax;

  private BareGateway(Proofs proofs, HttpUpstream upstream, int bodyBytesMax) {
    this.proofs = proofs;
    this.upstream = upstream;
    this.bodyBytesMax = bodyBytesMax;
  }

  /** Serves with the settings of a file; the other arguments are a token and its audience. */
  public static void main(String[] arguments)
      throws IOException, InterruptedException, AuditUnavailableException {
    ConfigResult result = ConfigReader.read(Path.of(arguments[0]), System.getenv());
    if (!(result instanceof ConfigResult.Valid valid)) {
      throw new IOException("settings: " + result);
    }
    GatewaySettings settings = valid.settings();
    LimitSettings limits = settings.limits();
    var server = settings.servers().values().iterator().next();
    EventLoops loops = new EventLoops(settings.listen().eventLoops());
    Meters meters = new Meters();
    HttpUpstream upstream = HttpUpstream.to(server, limits, new UpstreamPools(loops, meters));
    BareGateway bare =
        new BareGateway(
            Proofs.obtain(settings, arguments[1], arguments[2], server.name()),
            upstream,
            limits.bodyBytesMax());
    HttpListener listener =
        new HttpListener(
            loops,
            () -> limits(settings),
            ServerTls.none(),
            bare::handle,
            meters,
            Clock.systemUTC(),
            new BufferBudget(limits::bufferedBytesMax));
    System.out.println("listening on " + listener.bind(settings.listen().address()).getPort());
    new CountDownLatch(1).await();
  }

  private static HttpLimits limits(GatewaySettings settings) {
    LimitSettings limits = settings.limits();
    return new HttpLimits(
        limits.headerBytesMax(),
        limits.connectionsMax(),
        limits.streamsPerConnectionMax(),
        limits.head(),
        limits.body(),
        limits.connectionIdle(),
        settings.listen().http2Cleartext());
  }

  private void handle(Exchange exchange) {
    var unused = exchange.body(bodyBytesMax).thenAccept(body -> forward(exchange, body));
  }

  private void forward(Exchange exchange, byte[] body) {
    List<Header> headers =
        exchange.head().headersStartingWith("").stream()
            .filter(header -> !LEFT_BEHIND.contains(header.name()))
            .toList();
    upstream.send(
        proofs.admit(headers, body),
        UpstreamCredential.NONE,
        exchange.loop(),
        new BareCall(exchange),
        exchange.head().target());
  }
}
