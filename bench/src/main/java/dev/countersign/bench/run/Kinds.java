// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.CallKind;
import java.util.ArrayList;
import java.util.List;

/** The calls that loads are made of. */
final class Kinds {
  /** About what an agent sends. */
  static final int USUAL_BYTES = 500;

  private static final String READ = "read_note";
  private static final String WRITE = "write_note";
  private static final String DENIED = "delete_note";

  private Kinds() {}

  /** For whatever does not look at the call. */
  static List<CallKind> plain(String path, int bytes) {
    return List.of(CallKind.modern("127.0.0.1", path, "", READ, bytes, false));
  }

  /** A call that is permitted and only reads: its record has to be durable before the answer. */
  static List<CallKind> read(RunningGateway gateway, String route, int bytes) {
    return List.of(kind(gateway, route, "agent", READ, bytes, false));
  }

  /** A call that is permitted and writes: its record has to be durable before it is forwarded. */
  static List<CallKind> write(RunningGateway gateway, String route, int bytes) {
    return List.of(kind(gateway, route, "agent", WRITE, bytes, false));
  }

  /** A call that no grant allows. */
  static List<CallKind> denied(RunningGateway gateway, String route) {
    return List.of(kind(gateway, route, "agent", DENIED, USUAL_BYTES, true));
  }

  /** One denied among so many. */
  static List<CallKind> someDenied(RunningGateway gateway, String route, int among) {
    List<CallKind> kinds = new ArrayList<>();
    CallKind read = read(gateway, route, USUAL_BYTES).getFirst();
    for (int i = 1; i < among; i++) {
      kinds.add(read);
    }
    kinds.addAll(denied(gateway, route));
    return kinds;
  }

  /** Calls of so many callers, each with a token of its own. */
  static List<CallKind> callers(RunningGateway gateway, String route, int count) {
    List<CallKind> kinds = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      kinds.add(kind(gateway, route, "agent-" + i, READ, USUAL_BYTES, false));
    }
    return kinds;
  }

  /** A call of a caller of this name. */
  static CallKind ofCaller(RunningGateway gateway, String route, String subject, int bytes) {
    return kind(gateway, route, subject, READ, bytes, false);
  }

  /** Calls of so many tools. */
  static List<CallKind> tools(RunningGateway gateway, String route, int count) {
    String token = gateway.token("agent", route);
    List<CallKind> kinds = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      kinds.add(
          CallKind.modern(gateway.authority(), route, token, "read_" + i, USUAL_BYTES, false));
    }
    return kinds;
  }

  private static CallKind kind(
      RunningGateway gateway,
      String route,
      String subject,
      String tool,
      int bytes,
      boolean refused) {
    return CallKind.modern(
        gateway.authority(), route, gateway.token(subject, route), tool, bytes, refused);
  }
}
