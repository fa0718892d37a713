// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;

/** Makes a gateway do its work until it does it as it will for hours. */
interface Warming {
  void warm(Row row) throws IOException, InterruptedException;
}
