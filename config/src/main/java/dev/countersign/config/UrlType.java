// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An http or https URL without user info, query and fragment. */
final class UrlType extends ScalarType<URI> {
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]", "localhost");
  private static final int CHARS_MAX = 2048;

  /** What is asked of it beyond that. */
  enum Rule {
    /** Nothing. */
    ANY("an http or https URL", "^https?://[^/?#@]+(/[^?#]*)?$"),
    /** That nobody on the way can read or change what is said. */
    SECURE("an https URL (http on loopback only)", "^https?://[^/?#@]+(/[^?#]*)?$"),
    /** That it has no path. */
    ORIGIN("an http or https URL without a path", "^https?://[^/?#@]+$");

    private final String expected;
    private final String pattern;

    Rule(String expected, String pattern) {
      this.expected = expected;
      this.pattern = pattern;
    }
  }

  private final Rule rule;

  UrlType(Rule rule) {
    super(rule.expected + ", without user, query and fragment");
    this.rule = rule;
  }

  @Override
  @Nullable URI parse(String text, Place place) {
    try {
      URI url = new URI(text);
      if (text.length() <= CHARS_MAX && isPlain(url) && follows(url)) {
        return url;
      }
    } catch (URISyntaxException e) {
      return refuse(shown(text, place), place);
    }
    return refuse(shown(text, place), place);
  }

  /** Passwords and tokens are kept in user and query. */
  private static String shown(String text, Place place) {
    return text.contains("@") || text.contains("?")
        ? "a URL with user or query, which is not shown"
        : place.shown(text);
  }

  private static boolean isPlain(URI url) {
    return ("https".equals(url.getScheme()) || "http".equals(url.getScheme()))
        && url.getHost() != null
        && url.getPort() != 0
        && url.getPort() <= 65_535
        && url.getRawUserInfo() == null
        && url.getRawQuery() == null
        && url.getRawFragment() == null;
  }

  private boolean follows(URI url) {
    return switch (rule) {
      case ANY -> true;
      case SECURE -> url.getScheme().equals("https") || isLoopback(url);
      case ORIGIN -> url.getRawPath().isEmpty();
    };
  }

  /** Whether it stays on this machine. */
  static boolean isLoopback(URI url) {
    return LOOPBACK.contains(url.getHost());
  }

  /** Whether everybody on the way can read it. */
  static boolean isInTheClear(URI url) {
    return url.getScheme().equals("http") && !isLoopback(url);
  }

  @Override
  public URI standIn() {
    return URI.create("https://stand-in.invalid");
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of("type", "string", "pattern", rule.pattern);
  }

  @Override
  public Object written(URI value) {
    return value.toString();
  }
}
