// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The page that a server sends a user to: https, on a host that the operator named. */
final class ElicitationUrl {
  private static final int URL_CHARS_MAX = 2048;
  private static final int ID_CHARS_MAX = 256;
  private static final int HTTPS_PORT = 443;

  private ElicitationUrl() {}

  /** The host of a page that users may be sent to. */
  static String host(@Nullable JsonValue url, Set<String> hosts) {
    if (url == null || url.kind() != JsonKind.STRING || url.text().length() > URL_CHARS_MAX) {
      throw new InputRefusedException("no url");
    }
    URI uri = parsed(url.text());
    String host = uri.getHost();
    if (!"https".equals(uri.getScheme())
        || host == null
        || uri.getRawUserInfo() != null
        || (uri.getPort() != -1 && uri.getPort() != HTTPS_PORT)) {
      throw new InputRefusedException("a url that is not a plain https one");
    }
    // As it stands: what looks like a listed host and is spelt otherwise is another one.
    if (!hosts.contains(host)) {
      throw new InputRefusedException("a url of a host that is not in elicitation_hosts");
    }
    return host;
  }

  /** Other readers repair what this one refuses: backslashes, blanks, letters beyond ASCII. */
  private static URI parsed(String text) {
    if (!text.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
      throw new InputRefusedException("a url with characters that no url has");
    }
    try {
      return new URI(text);
    } catch (URISyntaxException e) {
      throw new InputRefusedException("a url that is none");
    }
  }

  static @Nullable String id(@Nullable JsonValue id) {
    if (id == null) {
      return null;
    }
    if (id.kind() != JsonKind.STRING
        || id.text().isEmpty()
        || id.text().length() > ID_CHARS_MAX
        || id.text().codePoints().anyMatch(Character::isISOControl)) {
      throw new InputRefusedException("an elicitationId that is none");
    }
    return id.text();
  }
}
