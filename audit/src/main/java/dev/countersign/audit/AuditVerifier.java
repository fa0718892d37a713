// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Checks a whole log: every line canonical, numbers without a gap, the chain of hashes, segments
 * complete and named after what they hold, one node, time in order, every outcome with its decision
 * and every forwarded call with one outcome.
 *
 * <p><b>What a chain alone cannot show</b> is that the newest leaves were cut off as a whole, or
 * that the log is an old copy of itself: what is left is in order. That takes a {@link
 * VerifyReport#head} kept elsewhere and given to {@link #verify(Path, List)}. Nor can a chain show
 * that somebody who may write the files wrote another log altogether.
 *
 * <p>On a live log the newest lines may be half written: what does not fit there is read again.
 * When the disk under a live log fails during the check, leaves that were read may be cut and
 * written anew; then it may find what a second run does not.
 *
 * <p>Memory is bounded by the calls under way, not by the log.
 */
public final class AuditVerifier {
  private static final int RETRIES_MAX = 5;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final boolean live;
  private final TreeMap<Long, Set<String>> known = new TreeMap<>();
  private final Chain chain = new Chain();
  private final Findings findings = new Findings();
  private final LeafChecks checks = new LeafChecks(findings);
  private long leaves;
  private long seq;

  /** Null when what came before is missing, so that nothing can be said about the next link. */
  private @Nullable String hash = Chain.NONE;

  private AuditVerifier(boolean live, List<LeafPosition> known) {
    this.live = live;
    for (LeafPosition position : known) {
      this.known.computeIfAbsent(position.seq(), seq -> new HashSet<>()).add(position.hash());
    }
  }

  /**
   * Verifies a log, live or not.
   *
   * @throws IOException when the directory is not there, is none, or it or a file cannot be read
   */
  public static VerifyReport verify(Path directory) throws IOException {
    return verify(directory, List.of());
  }

  /**
   * Verifies a log, and that it still holds leaves that it is known to have held.
   *
   * @param known positions kept elsewhere: heads of earlier reports, positions from receipts
   * @throws IOException when the directory is not there, is none, or it or a file cannot be read
   */
  public static VerifyReport verify(Path directory, List<LeafPosition> known) throws IOException {
    boolean live = DirectoryLock.isHeld(directory);
    return new AuditVerifier(live, known).run(Segments.list(directory));
  }

  private VerifyReport run(List<Path> segments) throws IOException {
    if (segments.isEmpty()) {
      findings.add("", 0, "there is no segment");
    }
    for (Path segment : segments) {
      segment(segment, segment.equals(segments.getLast()));
    }
    known.keySet().forEach(at -> findings.add("", at, "a leaf that is known to be here is not"));
    if (!live) {
      openCalls();
    }
    String head = hash;
    return new VerifyReport(
        leaves,
        segments.size(),
        checks.decisions(),
        checks.outcomes(),
        checks.unknownOutcomes(),
        checks.open().size(),
        live,
        leaves == 0 || head == null ? null : new LeafPosition(seq, head),
        findings.list());
  }

  private void openCalls() {
    checks.open().entrySet().stream()
        .sorted(Map.Entry.comparingByValue(Comparator.naturalOrder()))
        .limit(VerifyReport.FINDINGS_MAX)
        .forEach(
            call ->
                findings.add(
                    "",
                    call.getValue(),
                    "call " + Findings.quoted(call.getKey()) + " has no outcome"));
  }

  private void segment(Path segment, boolean newest) throws IOException {
    String name = Segments.name(segment);
    long first = Segments.firstSeq(segment);
    if (first != seq + 1) {
      findings.add(name, seq, "before it leaves are missing, from seq " + (seq + 1));
      seq = first - 1;
      hash = null;
    }
    long end = newest && live ? liveLines(segment) : lines(segment, 0, false);
    switch (TornEnd.of(segment, end).kind()) {
      case NOTHING -> {}
      case ZEROS -> {
        // Space laid ahead is what a gateway that was killed leaves, in the newest segment only.
        if (!newest) {
          findings.add(name, seq, "it was closed, and goes on with zeros after its last leaf");
        }
      }
      case TORN, DAMAGED -> {
        if (newest && live) {
          return;
        }
        findings.add(
            name, seq, "from byte " + end + " on it holds no leaf; nothing after was read");
      }
    }
  }

  /** Reads the segment that is written meanwhile, until nothing but space follows. */
  private long liveLines(Path segment) throws IOException {
    long end = 0;
    int retries = 0;
    while (true) {
      long before = end;
      end = lines(segment, end, retries < RETRIES_MAX);
      retries = end > before ? 0 : retries + 1;
      TornEnd.Kind after = TornEnd.of(segment, end).kind();
      if (after == TornEnd.Kind.NOTHING || after == TornEnd.Kind.ZEROS) {
        return end;
      }
      if (retries > RETRIES_MAX) {
        findings.add(
            Segments.name(segment), seq, "from byte " + end + " on it holds no leaf for some time");
        return end;
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /**
   * Checks the lines from a position on, and says where they ended.
   *
   * @param onlyFitting whether to stop before a line that does not fit, because it may be half
   *     written
   */
  private long lines(Path segment, long from, boolean onlyFitting) throws IOException {
    long end = from;
    try (SegmentReader lines = new SegmentReader(segment, from)) {
      byte[] line;
      while ((line = lines.next()) != null && (!onlyFitting || fits(line))) {
        leaf(Segments.name(segment), line, end == 0);
        end = lines.position();
      }
    }
    return end;
  }

  private boolean fits(byte[] line) {
    JsonNode leaf = LeafParser.parse(line);
    return leaf != null
        && LeafParser.number(leaf, "seq") == seq + 1
        && (hash == null || hash.equals(LeafParser.text(leaf, "prev")));
  }

  private void leaf(String segment, byte[] line, boolean firstOfSegment) {
    leaves++;
    long expected = seq + 1;
    String before = hash;
    hash = chain.hash(line);
    JsonNode leaf = LeafParser.parse(line);
    if (leaf == null) {
      seq = expected;
      findings.add(segment, expected, "a line that is not one JSON object, without repeated names");
      return;
    }
    long found = LeafParser.number(leaf, "seq");
    seq = found > 0 ? found : expected;
    if (found != expected) {
      findings.add(segment, seq, "expected seq " + expected + ", found " + found);
    }
    if (before != null && !before.equals(LeafParser.text(leaf, "prev"))) {
      findings.add(
          segment,
          seq,
          "the chain is broken: it does not follow the line before it, which was altered, or lines"
              + " were removed, added or moved");
    }
    if (!Arrays.equals(CanonicalForm.of(leaf), line)) {
      findings.add(segment, seq, "its line is not canonical JSON");
    }
    Set<String> expectedHashes = known.remove(seq);
    if (expectedHashes != null && !expectedHashes.equals(Set.of(hash))) {
      findings.add(segment, seq, "it is not the leaf that is known to be here");
    }
    checks.check(segment, seq, leaf, firstOfSegment);
  }
}
