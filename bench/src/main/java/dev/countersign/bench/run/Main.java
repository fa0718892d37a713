// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;
import java.util.List;

/** {@code bench/run.sh}. */
public final class Main {
  private static final int WRONG = 1;
  private static final int USAGE = 2;
  private static final int CANNOT = 3;

  private Main() {}

  /**
   * The repository's root, then what {@link Options} reads. Exits with 0; with 1 when a gateway
   * does not do its work or an answer was wrong; with 2 on wrong usage; with 3 when the run cannot
   * be made.
   */
  public static void main(String[] arguments) {
    // The issuer's threads would go on.
    System.exit(code(arguments));
  }

  private static int code(String[] arguments) {
    Options options;
    try {
      options = Options.of(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println("bench: " + e.getMessage());
      return USAGE;
    }
    try {
      List<String> faults = new Run(options).run();
      faults.forEach(fault -> System.err.println("bench: " + fault));
      return faults.isEmpty() ? 0 : WRONG;
    } catch (IOException e) {
      System.err.println("bench: " + e.getMessage());
      return CANNOT;
    } catch (InterruptedException e) {
      return CANNOT;
    }
  }
}
