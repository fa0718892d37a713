// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds where a log ends after a stop of any kind, and which calls have no outcome. Reads only; the
 * one thing it writes is a copy of what is going to be cut.
 *
 * <p>A crash can leave a torn end ({@link TornEnd}), and a newest segment without a whole line.
 * Anything else that does not fit is damage to what was durable: then the log refuses to open and
 * names the place, for a person to decide.
 */
final class Recovery {
  /**
   * What a log is left with.
   *
   * @param end where it goes on
   * @param last its newest time stamp
   * @param open decisions without outcome, oldest first: call id and number
   * @param cutBytes how much after the end is no whole leaf and is cut
   * @param stopped whether it was closed as it should be
   */
  record State(LogEnd end, Instant last, Map<String, Long> open, long cutBytes, boolean stopped) {}

  private final String node;
  private final List<Path> segments;
  private final LinkedHashMap<String, Long> open = new LinkedHashMap<>();
  private boolean started;
  private long seq;
  private String hash = Chain.NONE;
  private final Chain chain = new Chain();
  private final LeafOutline outline = new LeafOutline();
  private final long seqMax;
  private int lineBytes;
  private long unbegunSeq;

  /**
   * @param seqMax leaves after this are none
   */
  private Recovery(String node, List<Path> segments, long seqMax) {
    this.node = node;
    this.seqMax = seqMax;
    this.segments = new ArrayList<>(segments);
  }

  /**
   * Finds the end of a directory's log.
   *
   * @throws IOException when it cannot be read, is damaged, or another node wrote it
   */
  static State run(AuditSettings settings) throws IOException {
    return run(settings.node(), Segments.list(settings.directory()), Long.MAX_VALUE);
  }

  private static State run(String node, List<Path> segments, long seqMax) throws IOException {
    return new Recovery(node, segments, seqMax).run();
  }

  private State run() throws IOException {
    List<Path> all = List.copyOf(segments);
    long cut = dropUnbegun();
    if (segments.isEmpty()) {
      return new State(LogEnd.NEW, Instant.EPOCH, open, cut, cut == 0);
    }
    int last = segments.size() - 1;
    for (int i = firstToScan(); i < last; i++) {
      long end = scan(segments.get(i));
      if (TornEnd.of(segments.get(i), end).kind() != TornEnd.Kind.NOTHING) {
        throw damaged(segments.get(i), "a closed segment goes on after its last whole line");
      }
    }
    Path newest = segments.get(last);
    long end = scan(newest);
    if (end == 0) {
      throw damaged(newest, "its first leaf does not follow");
    }
    JsonNode leaf = last(newest, end);
    if (leaf == null) {
      if (seqMax < Long.MAX_VALUE) {
        throw damaged(newest, "a leaf amid it is none");
      }
      return run(node, all, seq - 1);
    }
    cut += torn(newest, end);
    if (unbegunSeq != 0 && unbegunSeq != seq + 1) {
      throw damaged(newest, "the segment after it begins at " + unbegunSeq);
    }
    return new State(
        new LogEnd(newest, end, lineBytes, seq, hash),
        time(newest, leaf),
        open,
        cut,
        LeafParser.text(leaf, "event").equals(NodeLeaf.STOPPED));
  }

  /** A crash at a rotation can leave one newest segment that holds nothing yet. */
  private long dropUnbegun() throws IOException {
    if (segments.isEmpty() || beginsWithLeaf(segments.getLast())) {
      return 0;
    }
    Path unbegun = segments.removeLast();
    if (segments.isEmpty() && Segments.firstSeq(unbegun) != 1) {
      throw damaged(unbegun, "it is the only segment and does not begin with a leaf");
    }
    unbegunSeq = Segments.firstSeq(unbegun);
    return torn(unbegun, 0);
  }

  private static boolean beginsWithLeaf(Path segment) throws IOException {
    try (SegmentReader lines = new SegmentReader(segment)) {
      byte[] line = lines.next();
      return line != null && LeafParser.parse(line) != null;
    }
  }

  private long torn(Path segment, long end) throws IOException {
    TornEnd torn = TornEnd.of(segment, end);
    switch (torn.kind()) {
      case NOTHING, ZEROS -> {}
      case TORN -> torn.keepCopy();
      case DAMAGED ->
          throw damaged(segment, "from byte " + end + " on it holds what no crash can leave");
    }
    return torn.bytes();
  }

  /** The newest segment's first leaf says from where calls may be open. */
  private int firstToScan() throws IOException {
    Path newest = segments.getLast();
    try (SegmentReader lines = new SegmentReader(newest)) {
      byte[] line = lines.next();
      JsonNode leaf = line == null ? null : LeafParser.parse(line);
      long from = leaf == null ? -1 : LeafParser.number(leaf, "open_from_seq");
      if (from < 1) {
        throw damaged(newest, "its first leaf does not describe it");
      }
      return Segments.indexOf(from, segments);
    }
  }

  /** Follows a segment's leaves as long as they fit, and says where they end. */
  private long scan(Path segment) throws IOException {
    try (SegmentReader lines = new SegmentReader(segment)) {
      long end = 0;
      while (lines.advance() && (end == 0 ? takeFirst(segment, lines.line()) : take(lines))) {
        end = lines.position();
        lineBytes = lines.lineEnd() + 1 - lines.lineBegin();
      }
      return end;
    }
  }

  /**
   * The newest leaf, or null when it is none. The hash in the line after it says of every other
   * that it is what was written.
   */
  private @Nullable JsonNode last(Path newest, long end) throws IOException {
    try (SegmentReader lines = new SegmentReader(newest, end - lineBytes)) {
      byte[] line = lines.next();
      return line == null ? null : LeafParser.parse(line);
    }
  }

  private boolean takeFirst(Path segment, byte[] line) throws IOException {
    JsonNode leaf = LeafParser.parse(line);
    if (leaf == null) {
      return false;
    }
    long found = LeafParser.number(leaf, "seq");
    mustDescribe(segment, leaf, found);
    if (!started) {
      started = true;
      seq = found - 1;
      hash = LeafParser.text(leaf, "prev");
    }
    return take(leaf, line, 0, line.length);
  }

  private boolean take(SegmentReader lines) {
    if (!outline.read(lines.block(), lines.lineBegin(), lines.lineEnd())) {
      JsonNode leaf = LeafParser.parse(lines.line());
      return leaf != null && take(leaf, lines.block(), lines.lineBegin(), lines.lineEnd());
    }
    if (!follows(outline.seq(), outline.prev())) {
      return false;
    }
    took(lines.block(), lines.lineBegin(), lines.lineEnd());
    keepOpen(outline.isOpening(), outline.isOutcome(), outline.callId());
    return true;
  }

  private boolean take(JsonNode leaf, byte[] block, int from, int to) {
    if (!follows(LeafParser.number(leaf, "seq"), LeafParser.text(leaf, "prev"))) {
      return false;
    }
    took(block, from, to);
    keepOpen(
        LeafParser.isOpening(leaf), LeafParser.isOutcome(leaf), LeafParser.text(leaf, "call_id"));
    return true;
  }

  private boolean follows(long found, String prev) {
    return found == seq + 1 && found <= seqMax && prev.equals(hash);
  }

  private void took(byte[] block, int from, int to) {
    seq++;
    hash = chain.hash(block, from, to - from);
  }

  private void keepOpen(boolean opening, boolean outcome, String callId) {
    if (opening) {
      open.put(callId, seq);
    } else if (outcome) {
      open.remove(callId);
    }
  }

  private void mustDescribe(Path segment, JsonNode leaf, long found) throws IOException {
    if (LeafParser.number(leaf, "v") != LeafEncoder.VERSION) {
      throw damaged(segment, "its format is not version " + LeafEncoder.VERSION);
    }
    if (!LeafParser.text(leaf, "node").equals(node)) {
      throw new IOException(
          "the audit log belongs to another node: expected \""
              + node
              + "\", found \""
              + LeafParser.text(leaf, "node")
              + "\"");
    }
    if (found != Segments.firstSeq(segment)
        || !LeafParser.text(leaf, "name").equals(Segments.name(segment))) {
      throw damaged(segment, "its first leaf does not describe it");
    }
    if (started && found != seq + 1) {
      throw damaged(segment, "the segment before it is missing, it begins at " + found);
    }
  }

  private Instant time(Path segment, JsonNode leaf) throws IOException {
    try {
      return Instant.parse(LeafParser.text(leaf, "ts"));
    } catch (DateTimeException e) {
      throw damaged(segment, "its last leaf has no time");
    }
  }

  private IOException damaged(Path segment, String what) {
    return new IOException(
        "the audit log is damaged after seq "
            + seq
            + " in segment "
            + Segments.name(segment)
            + ": "
            + what);
  }
}
