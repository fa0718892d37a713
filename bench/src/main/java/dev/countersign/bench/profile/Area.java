// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.profile;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A part of the work, by the frames that belong to it. A sample belongs to the area of the frame
 * nearest to its top that belongs to any.
 *
 * @param name in words
 * @param frames matches the names of frames: threads in brackets, classes with slashes
 */
record Area(String name, Pattern frames) {
  static final String OTHER = "other";

  /** All of them; the first that matches a frame has it. */
  static final List<Area> ALL =
      List.of(
          area(
              "socket writes",
              "io/netty/channel/(unix/(Socket|FileDescriptor)\\.(write|send)|epoll/\\w+\\.(write|doWrite|sendTo))"),
          area(
              "socket reads",
              "io/netty/channel/(unix/(Socket|FileDescriptor)\\.(read|recv)|epoll/\\w+\\.(read|doRead|epollInReady))"),
          area("waiting for events (epoll)", "io/netty/channel/epoll/(Native\\.|EpollIoHandler)"),
          area(
              "disk: write and sync",
              "(sun/nio/ch/(FileDispatcherImpl|UnixFileDispatcherImpl|FileChannelImpl)|dev/countersign/audit/FileDisk)"),
          area(
              "TCP liveness check of pooled connections",
              "dev/countersign/gateway/upstream/PeerClosed"),
          area("token and caller", "dev/countersign/(identity/|gateway/call/CallerStep)"),
          area("JSON parse", "dev/countersign/gateway/(json/|jsonrpc/)"),
          area(
              "MCP rules",
              "dev/countersign/gateway/(mcp/|catalogue/|call/MessageStep|call/ScopeStep)"),
          area(
              "policy",
              "(dev/countersign/policy/|gateway/call/DecisionStep|com/dylibso/|com/styra/|run/endive/|wasm)"),
          area(
              "record: leaves made on the loop",
              "dev/countersign/(gateway/call/RecordStep|gateway/call/Outcome|audit/AuditLog|audit/Commitments|audit/Committer\\.take|gateway/json/CanonicalJson)"),
          area("record: encode, chain (audit thread)", "dev/countersign/audit/"),
          area("metrics", "(dev/countersign/gateway/telemetry/|io/prometheus/|io/micrometer/)"),
          area(
              "reply: governed and released",
              "dev/countersign/gateway/(call/(Reply|Result|FinalAnswer|Delivery|MessageGovernor|ForwardStep|Server|Stream)|sse/)"),
          area(
              "call line: the other steps",
              "dev/countersign/gateway/(call|session|snapshot|work|admission|credential|rounds|seal|task)/"),
          area("client leg: our handlers", "dev/countersign/gateway/http/"),
          area("upstream leg: our handlers", "dev/countersign/gateway/upstream/"),
          area("HTTP codec (Netty)", "io/netty/handler/"),
          area(
              "buffers (Netty)",
              "io/netty/(buffer|util/(internal/)?(Recycler|ReferenceCount|ResourceLeak))"),
          area("pipeline, loop, timers (Netty)", "io/netty/"),
          area("futures and queues (JDK)", "java/util/concurrent/"),
          area("JIT", "^\\[(C1|C2|JVMCI)"),
          area(
              "GC and VM threads",
              "^\\[(GC|G1|VM"
                  + " |VM_|Service|Monitor|Sweeper|Common-Cleaner|Reference|Finalizer|Signal)"),
          area("admin, watcher, timers of ours", "^\\[countersign-(config|keys|verify|watch)"));

  private static Area area(String name, String frames) {
    return new Area(name, Pattern.compile(frames));
  }
}
