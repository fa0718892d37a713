// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code bench/run.sh}. */
public final class Main {
  private static final int WRONG = 1;
  private static final int CANNOT = 3;

  private Main() {}

  /**
   * The repository's root, then perhaps {@code --quick}. Exits with 0; with 1 when a gateway does
   * not do its work or an answer was wrong; with 3 when the run cannot be made.
   */
  public static void main(String[] arguments) {
    Path root = Path.of(arguments[0]).toAbsolutePath().normalize();
    boolean quick = List.of(arguments).contains("--quick");
    int code;
    try {
      List<String> faults = new ArrayList<>(new Run(root, quick).run());
      faults.forEach(fault -> System.err.println("bench: " + fault));
      code = faults.isEmpty() ? 0 : WRONG;
    } catch (IOException e) {
      System.err.println("bench: " + e.getMessage());
      code = CANNOT;
    } catch (InterruptedException e) {
      code = CANNOT;
    }
    // The issuer's threads would go on.
    System.exit(code);
  }
}
