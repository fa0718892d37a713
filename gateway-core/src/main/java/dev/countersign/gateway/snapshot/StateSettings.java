// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

import java.util.List;

/**
 * What the gateway seals into ids and tokens that clients give back.
 *
 * @param keys where the keys are, the newest first: it seals, all of them open; empty for one that
 *     the process makes and takes with it
 */
public record StateSettings(List<SecretReference> keys) {
  public StateSettings {
    keys = List.copyOf(keys);
  }
}
