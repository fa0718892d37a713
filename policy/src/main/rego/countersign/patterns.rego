# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0

# Globs by look-up, in an index that dev.countersign.policy.PatternIndex writes. What a search costs
# depends on how many different lengths there are before the first star, not on how many patterns.
# Texts without a star have the length -1, for the whole text.
package countersign.patterns

# What the patterns that match the text as a whole hit. The same may be hit more than once.
hits(index, text) := [hit |
	size := count(text)
	some length in index.lengths
	length <= size
	some candidate in index.texts[substring(text, 0, length)]
	some hit in candidate_hits(candidate, text, size)
]

# A candidate begins like the text, or is all of it.
candidate_hits(candidate, text, size) := candidate.hits if {
	candidate.gap == "none"
	candidate.length == size
} else := candidate.hits if {
	candidate.gap == "any"
} else := candidate.hits if {
	candidate.gap == "segment"
	gap_fits("segment", substring(text, candidate.length, -1))
} else := [hit |
	# There is something after its star; again by look-up of what that is.
	some length in candidate.lengths
	candidate.length + length <= size
	some inner in candidate.texts[substring(text, size - length, -1)]
	inner_fits(inner, substring(text, candidate.length, (size - candidate.length) - length))
	some hit in inner.hits
] if {
	candidate.gap == "inner"
}

# One star has to stand for all that is between. For several, pieces are taken from both sides, each
# at the first place it is found. That is never too early, because Grants admits a single star only
# before the first double star and after the last: among places that a single star can reach, all
# continue alike, and a double star reaches all that follows the nearest. So the cost is linear.
inner_fits(inner, middle) if {
	not inner.left
	gap_fits(inner.gap, middle)
} else if {
	begin := taken(middle, inner.left)
	remaining := strings.reverse(substring(middle, begin, -1))
	end := taken(remaining, inner.right)
	gap_fits(inner.gap, substring(remaining, end, -1))
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
gap_fits(gap, text) if {
	gap == "any"
} else if {
	gap == "segment"
	not contains(text, "/")
	not contains(text, ":")
}
