// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The pages that one session's user was sent to, by the server's ids; the eldest is forgotten when
 * there are more than {@value #IDS_MAX}. Any thread.
 */
public final class Elicitations {
  static final int IDS_MAX = 64;

  private final Set<String> ids = new LinkedHashSet<>();

  /** The user is sent to a page. */
  public synchronized void add(String id) {
    ids.add(id);
    if (ids.size() > IDS_MAX) {
      ids.remove(ids.iterator().next());
    }
  }

  /** Whether the user was sent to it. */
  public synchronized boolean has(String id) {
    return ids.contains(id);
  }
}
