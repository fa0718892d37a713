# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0

# Globs by look-up. An index is written by dev.countersign.policy.PatternIndex; what it costs to
# search depends on how many different lengths its prefixes have, not on how many patterns it holds.
package countersign.patterns

# What the index holds for a text, which must match a pattern as a whole.
hits(index, text) := (exact_hits(index, text) | prefix_hits(index, text)) | inner_hits(index, text)

# Patterns without a star.
exact_hits(index, text) := {hit | some hit in index.exact[text]}

# Patterns with one star, at the end.
prefix_hits(index, text) := {hit |
	size := count(text)
	some length in index.prefixes.lengths
	length <= size
	some candidate in index.prefixes.texts[substring(text, 0, length)]
	gap_fits(candidate.gap, substring(text, length, -1))
	some hit in candidate.hits
}

# Patterns with stars elsewhere, by the texts before the first and after the last.
inner_hits(index, text) := {hit |
	size := count(text)
	some length in index.inner.lengths
	length <= size
	suffixes := index.inner.texts[substring(text, 0, length)]
	some ending in suffixes.lengths
	length + ending <= size
	some candidate in suffixes.texts[substring(text, size - ending, -1)]
	candidate_fits(candidate, substring(text, length, (size - length) - ending))
	some hit in candidate.hits
}

# One star: it has to stand for all that is between.
candidate_fits(candidate, middle) if {
	not candidate.left
	gap_fits(candidate.gap, middle)
}

# Several: pieces are taken from both sides, each at the first place it is found. That is never too
# early, because Grants admits a single star only before the first double star and after the last:
# among places that a single star can reach, all continue alike, and a double star reaches all that
# follows the nearest. So the cost is linear in the text.
candidate_fits(candidate, middle) if {
	begin := taken(middle, candidate.left)
	remaining := strings.reverse(substring(middle, begin, -1))
	end := taken(remaining, candidate.right)
	gap_fits(candidate.gap, substring(remaining, end, -1))
}

# How much of the text the pieces take, each after its star. Grants admits no more pieces than there
# are cases here, and for any other number this is undefined, which fits nothing.
taken(text, pieces) := 0 if {
	pieces == []
} else := piece_end(text, 0, pieces[0]) if {
	count(pieces) == 1
} else := two_taken(text, pieces) if {
	count(pieces) == 2
} else := piece_end(text, two_taken(text, pieces), pieces[2]) if {
	count(pieces) == 3
} else := piece_end(text, piece_end(text, two_taken(text, pieces), pieces[2]), pieces[3]) if {
	count(pieces) == 4
}

two_taken(text, pieces) := piece_end(text, piece_end(text, 0, pieces[0]), pieces[1])

piece_end(text, start, piece) := (start + found) + piece.length if {
	rest := substring(text, start, -1)
	found := indexof(rest, piece.text)
	found >= 0
	gap_fits(piece.gap, substring(rest, 0, found))
}

# What a star stands for: anything, or anything up to the next separator.
gap_fits("any", _)

gap_fits("segment", text) if {
	not contains(text, "/")
	not contains(text, ":")
}
