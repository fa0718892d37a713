# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package countersign.patterns_test

import data.countersign.patterns

test_whole_text_has_to_match if {
	index := {"lengths": [-1, 3], "texts": {
		"abc": [{"gap": "none", "length": 3, "hits": [1]}],
		"xyz": [{"gap": "any", "length": 3, "hits": [2]}],
	}}
	1 in patterns.hits(index, "abc")
	patterns.hits(index, "abcd") == []
	patterns.hits(index, "ab") == []
	2 in patterns.hits(index, "xyz")
	patterns.hits(index, "xyz/:u") == [2]
}

test_one_star_stops_at_separators if {
	index := {"lengths": [1], "texts": {"a": [{"gap": "segment", "length": 1, "hits": [1]}]}}
	patterns.hits(index, "a") == [1]
	patterns.hits(index, "abc") == [1]
	patterns.hits(index, "a/b") == []
	patterns.hits(index, "a:b") == []
}

# a*z and a**z
ends := {"lengths": [1], "texts": {"a": [{
	"gap": "inner",
	"length": 1,
	"lengths": [1],
	"texts": {"z": [{"gap": "segment", "hits": [1]}, {"gap": "any", "hits": [2]}]},
}]}}

test_ends_do_not_overlap if {
	patterns.hits(ends, "az") == [1, 2]
	patterns.hits(ends, "a/z") == [2]
	patterns.hits(ends, "a") == []
	patterns.hits(ends, "abc") == []
}

# a*b*z, a**b**z and a**b*z
pieces(left, right, gap) := {"lengths": [1], "texts": {"a": [{
	"gap": "inner",
	"length": 1,
	"lengths": [1],
	"texts": {"z": [{"gap": gap, "left": left, "right": right, "hits": [1]}]},
}]}}

piece(gap) := {"gap": gap, "text": "b", "length": 1}

test_pieces_are_found_in_order if {
	singles := pieces([piece("segment")], [], "segment")
	patterns.hits(singles, "abz") == [1]
	patterns.hits(singles, "axbxz") == [1]
	patterns.hits(singles, "ax/bxz") == []
	patterns.hits(singles, "axbx:z") == []
	patterns.hits(singles, "axz") == []
	doubles := pieces([piece("any")], [], "any")
	patterns.hits(doubles, "ax/b/xz") == [1]
	patterns.hits(doubles, "ax/xz") == []
}

test_pieces_after_the_double_star_are_found_from_the_end if {
	mixed := pieces([], [piece("segment")], "any")
	patterns.hits(mixed, "ab/bxz") == [1]
	patterns.hits(mixed, "ab/xz") == []
}

test_more_pieces_than_cases_fit_nothing if {
	many := pieces([piece("any"), piece("any"), piece("any"), piece("any"), piece("any")], [], "any")
	patterns.hits(many, "abbbbbz") == []
}
