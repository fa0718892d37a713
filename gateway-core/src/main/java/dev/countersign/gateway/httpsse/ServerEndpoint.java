// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Where a server wants its messages posted, as the first event of its stream says. It has to be a
 * place of the stream's own origin: anywhere else calls and the server's credential would go to
 * somebody whom nobody configured.
 */
final class ServerEndpoint {
  private static final int BYTES_MAX = 2048;

  private ServerEndpoint() {}

  /**
   * Reads it.
   *
   * @param stream where the stream was opened
   * @param data the event's data
   * @return path and query, in origin form
   */
  static String target(URI stream, byte[] data) throws BadStreamException {
    URI named = parsed(data);
    if (named.isOpaque() || named.getRawFragment() != null) {
      throw new BadStreamException("an endpoint that is no place to post to");
    }
    if (named.getRawAuthority() != null || named.getScheme() != null) {
      checkOrigin(stream, named);
    }
    String path = named.getRawPath();
    if (path.isEmpty()) {
      path = stream.getRawPath();
    } else if (!path.startsWith("/")) {
      path = stream.resolve(path).getRawPath();
    }
    if (!path.startsWith("/") || path.startsWith("//") || (path + "/").contains("/../")) {
      throw new BadStreamException("an endpoint whose path is none");
    }
    String query = named.getRawQuery();
    return query == null ? path : path + "?" + query;
  }

  private static URI parsed(byte[] data) throws BadStreamException {
    if (data.length == 0 || data.length > BYTES_MAX) {
      throw new BadStreamException("an endpoint that is empty or too long");
    }
    for (byte one : data) {
      if (one <= 0x20 || one >= 0x7f) {
        throw new BadStreamException("an endpoint with characters that no URI has");
      }
    }
    try {
      return new URI(new String(data, StandardCharsets.US_ASCII));
    } catch (URISyntaxException e) {
      throw new BadStreamException("an endpoint that is no URI");
    }
  }

  private static void checkOrigin(URI stream, URI named) throws BadStreamException {
    String scheme = named.getScheme() == null ? stream.getScheme() : named.getScheme();
    boolean same =
        named.getRawUserInfo() == null
            && named.getHost() != null
            && scheme.equalsIgnoreCase(stream.getScheme())
            && named.getHost().equalsIgnoreCase(stream.getHost())
            && port(named, scheme) == port(stream, scheme);
    if (!same) {
      throw new BadStreamException("an endpoint of another origin");
    }
  }

  private static int port(URI uri, @Nullable String scheme) {
    return uri.getPort() >= 0 ? uri.getPort() : "https".equalsIgnoreCase(scheme) ? 443 : 80;
  }
}
