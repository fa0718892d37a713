// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import dev.countersign.bench.load.CallKind;
import dev.countersign.bench.load.Load;
import dev.countersign.bench.load.LoadGenerator;
import dev.countersign.bench.load.LoadGenerator.Shape;
import dev.countersign.bench.load.Progress;
import dev.countersign.bench.profile.Account;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;

/** {@code bench/profile.sh}: where the time, or the memory, of one kind of call goes. */
public final class ProfileMain {
  private static final String LIBRARY = "/linux-x64/libasyncProfiler.so";
  private static final long WARMING_MILLIS = 30_000;
  private static final long LENGTH_MILLIS = 15_000;
  private static final int CONNECTIONS = 64;

  private ProfileMain() {}

  /**
   * The repository's root; read, write, denied or bare; cpu or alloc; perhaps a file for the
   * collapsed stacks.
   */
  public static void main(String[] arguments)
      throws IOException, InterruptedException, AttachNotSupportedException {
    Places places = Places.prepare(Path.of(arguments[0]).toAbsolutePath().normalize());
    Nginx.install();
    Path stacks =
        arguments.length > 3 ? Path.of(arguments[3]) : places.folder().resolve("stacks.txt");
    try (Children children =
            new Children(places.folder(), places.root().resolve("cli/target/countersign/lib"));
        LoadGenerator generator = new LoadGenerator()) {
      Subjects subjects = Subjects.start(children, places);
      boolean bare = arguments[1].equals("bare");
      RunningGateway gateway = bare ? subjects.bare() : subjects.durable();
      List<CallKind> kinds =
          switch (arguments[1]) {
            case "bare" -> Kinds.plain("/mcp", Kinds.USUAL_BYTES);
            case "read" -> Kinds.read(gateway, "/notes/mcp", Kinds.USUAL_BYTES);
            case "write" -> Kinds.write(gateway, "/notes/mcp", Kinds.USUAL_BYTES);
            case "denied" -> Kinds.denied(gateway, "/notes/mcp");
            default -> throw new IOException("no such row: " + arguments[1]);
          };
      Shape shape = new Shape(kinds, CONNECTIONS, false, 0);
      try (Load load = generator.start(gateway.address(), shape)) {
        Thread.sleep(WARMING_MILLIS);
        System.out.println(account(load, gateway.child(), places, stacks, arguments[2]));
      }
    }
    System.exit(0);
  }

  private static String account(Load load, Child child, Places places, Path stacks, String event)
      throws IOException, InterruptedException, AttachNotSupportedException {
    boolean cpu = event.equals("cpu");
    Path library = library(places);
    String settings = cpu ? "event=cpu,fallback" : "event=alloc,alloc=64k";
    long cpuBefore = ProcessFigures.cpuMicros(child.handle());
    long allocatedBefore = Jvm.allocatedBytes(child);
    Progress before = load.progress();
    agent(child, library, "start," + settings + ",interval=500us,threads");
    Thread.sleep(LENGTH_MILLIS);
    Progress after = load.progress();
    double used =
        cpu
            ? ProcessFigures.cpuMicros(child.handle()) - cpuBefore
            : Jvm.allocatedBytes(child) - allocatedBefore;
    agent(child, library, "stop,collapsed,threads,total,file=" + stacks.toAbsolutePath());
    Account account = new Account();
    Files.readAllLines(stacks).forEach(account::add);
    double calls = Math.max(1, after.answered() - before.answered());
    return String.format(
            Locale.ROOT,
            "%.1f %s per call, %.0f calls%n%n",
            used / calls,
            cpu ? "µs" : "bytes",
            calls)
        + account.text(used / calls, cpu ? "µs" : "bytes");
  }

  private static void agent(Child child, Path library, String command)
      throws IOException, AttachNotSupportedException {
    VirtualMachine machine = VirtualMachine.attach(Long.toString(child.handle().pid()));
    try {
      machine.loadAgentPath(library.toString(), command);
    } catch (com.sun.tools.attach.AgentLoadException
        | com.sun.tools.attach.AgentInitializationException e) {
      throw new IOException("the profiler said: " + e.getMessage(), e);
    } finally {
      machine.detach();
    }
  }

  private static Path library(Places places) throws IOException {
    Path library = places.folder().resolve("libasyncProfiler.so").toAbsolutePath();
    try (InputStream packed = ProfileMain.class.getResourceAsStream(LIBRARY)) {
      if (packed == null) {
        throw new IOException("no profiler for this machine: " + LIBRARY);
      }
      Files.copy(packed, library, StandardCopyOption.REPLACE_EXISTING);
    }
    return library;
  }
}
