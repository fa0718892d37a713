// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.credential.UpstreamCredential;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.snapshot.ServerSettings;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;

/**
 * A server that speaks HTTP. Connections belong to the {@link UpstreamPools} behind it, which
 * outlive it.
 */
public final class HttpUpstream implements Upstream {
  /** Compression in between would hide the reply from the parser and hold events back. */
  private static final Header IDENTITY = new Header("accept-encoding", "identity");

  private final ServerSettings settings;
  private final LimitSettings limits;
  private final Endpoint endpoint;
  private final UpstreamPools pools;

  private HttpUpstream(
      ServerSettings settings, LimitSettings limits, Endpoint endpoint, UpstreamPools pools) {
    this.settings = settings;
    this.limits = limits;
    this.endpoint = endpoint;
    this.pools = pools;
  }

  /**
   * Prepares the way to a server; opens no connection.
   *
   * @throws IOException when its CA file cannot be read
   */
  public static HttpUpstream to(ServerSettings settings, LimitSettings limits, UpstreamPools pools)
      throws IOException {
    URI url = settings.url();
    boolean secure = "https".equalsIgnoreCase(url.getScheme());
    int port = url.getPort() >= 0 ? url.getPort() : secure ? 443 : 80;
    String host = url.getHost();
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    Endpoint endpoint =
        new Endpoint(
            settings.name(),
            host,
            port,
            secure ? UpstreamTls.client(settings.caFile()) : null,
            settings.http2());
    return new HttpUpstream(settings, limits, endpoint, pools);
  }

  Endpoint endpoint() {
    return endpoint;
  }

  @Override
  public String name() {
    return settings.name();
  }

  @Override
  public UpstreamExchange send(
      AdmittedCall call, UpstreamCredential credential, Loop loop, ReplyListener listener) {
    String path = settings.url().getRawPath();
    return send(call, credential, loop, listener, path.isEmpty() ? "/" : path);
  }

  /**
   * As {@link #send(AdmittedCall, UpstreamCredential, Loop, ReplyListener)}, to another place of
   * the same origin.
   *
   * @param target in origin form: path, perhaps with a query
   */
  public UpstreamExchange send(
      AdmittedCall call,
      UpstreamCredential credential,
      Loop loop,
      ReplyListener listener,
      String target) {
    return pools
        .pool(loop, endpoint, limits)
        .send(call.caller().key(), request(call, credential, target), listener);
  }

  /** Nothing to do: the sessions of an HTTP server are the server's. */
  @Override
  public void sessionEnded(String upstreamSessionId, Loop loop) {}

  private UpstreamRequest request(AdmittedCall call, UpstreamCredential credential, String target) {
    var outbound = call.request();
    String name = credential.headerName();
    String value = credential.headerValue();
    List<Header> headers = new ArrayList<>(outbound.headers().size() + 2);
    for (Header header : outbound.headers()) {
      if (!header.name().equals(name)) {
        headers.add(header);
      }
    }
    headers.add(IDENTITY);
    if (name != null && value != null) {
      headers.add(new Header(name, value));
    }
    return new UpstreamRequest(outbound.method(), authority(), target, headers, outbound.body());
  }

  private String authority() {
    String host = settings.url().getHost();
    return settings.url().getPort() >= 0 ? host + ":" + settings.url().getPort() : host;
  }
}
