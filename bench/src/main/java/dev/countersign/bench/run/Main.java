// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.LoadGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** {@code bench/run.sh}. */
public final class Main {
  private Main() {}

  /** The repository's root, then perhaps {@code --quick}. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    boolean quick = List.of(arguments).contains("--quick");
    Places places = Places.prepare(Path.of(arguments[0]));
    Nginx.install();
    try (Children children =
            new Children(places.folder(), places.root().resolve("cli/target/countersign/lib"));
        LoadGenerator generator = new LoadGenerator()) {
      Subjects subjects = Subjects.start(children, places);
      Plan plan = new Plan(subjects);
      Runnable tidy =
          () -> {
            Places.trim(subjects.durable().audit());
            Places.trim(subjects.unsynced().audit());
          };
      Rounds rounds =
          new Rounds(
              generator,
              quick ? 2 : 5,
              Duration.ofMillis(300),
              Duration.ofMillis(quick ? 1500 : 3000),
              tidy);
      for (Row row : plan.warming()) {
        new Rounds(generator, 1, Duration.ofSeconds(quick ? 6 : 20), Duration.ofMillis(100), tidy)
            .measure(row);
      }
      System.out.println(Tables.costs(rounds.measure(plan.ways())));
    }
    // Threads of the issuer's server would go on.
    System.exit(0);
  }
}
