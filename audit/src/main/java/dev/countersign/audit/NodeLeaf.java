// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The log itself began, ended, was recovered after a crash, or healed after the disk had failed.
 *
 * @param event started, stopped, recovered or healed
 * @param counts what was found, by name; ordered by name
 */
public record NodeLeaf(String event, Map<String, Long> counts) implements Leaf {
  static final String STARTED = "started";
  static final String STOPPED = "stopped";
  static final String RECOVERED = "recovered";
  static final String HEALED = "healed";

  public NodeLeaf {
    SortedMap<String, Long> ordered = new TreeMap<>(counts);
    counts = Collections.unmodifiableSortedMap(ordered);
  }
}
