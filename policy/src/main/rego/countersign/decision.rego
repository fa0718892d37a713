# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0

# The shipped policy: grants, default deny. Input and decision are the contract in
# docs/policy-input.md; data.grants is compiled from the settings by dev.countersign.policy.Grants.
package countersign

# Nothing is allowed because a rule is missing or broke.
default decision := {
	"decision": "deny",
	"rule": "default-deny",
	"reasons": ["no grant of this caller covers it"],
	"obligations": {},
}

# A deny outranks everything.
decision := {
	"decision": "deny",
	"rule": data.grants.names[first],
	"reasons": ["the grant denies it"],
	"obligations": {},
} if {
	first := min(denying)
}

decision := {
	"decision": "allow",
	"rule": data.grants.names[first],
	"reasons": ["the grant allows it"],
	"obligations": {"durable": durable},
} if {
	count(denying) == 0
	first := min(allowing)
}

decision := {
	"decision": "approve",
	"rule": data.grants.names[first],
	"reasons": ["the grant asks for approval"],
	"obligations": {
		"durable": durable,
		"approval": {"groups": data.grants.approvers[first], "quorum": 1, "ttl_s": 600},
	},
} if {
	count(denying) == 0
	count(allowing) == 0
	first := min(approving)
}

# The target of a request that is about the server as a whole is the server; whoever has been given
# anything on it may greet it and see the filtered lists.
allowing contains entry.grant if {
	input.target.kind == "server"
	some entry in hits(own.servers, input.server.name)
}

allowing contains entry.grant if {
	some entry in entries
	entry.do == "allow"
	effect_fits(entry)
}

approving contains entry.grant if {
	some entry in entries
	entry.do == "approve"
	effect_fits(entry)
}

denying contains entry.grant if {
	some entry in entries
	entry.do == "deny"
}

entries contains entry if {
	index := own[indexed_as[input.target.kind]]
	some entry in hits(index, concat("/", [input.server.name, input.target.name]))
}

indexed_as := {
	"tool": "tools",
	"resource": "resources",
	"resource_template": "resources",
	"prompt": "prompts",
}

# The indexes of every pattern that matches the caller. There are as many as there are different
# patterns that match, not as many as there are grants.
own[kind] contains index if {
	some pattern in hits({data.grants.callers}, input.caller.id)
	some kind, index in data.grants.targets[pattern]
}

effect_fits(entry) if not entry.effects

effect_fits(entry) if input.target.effect in entry.effects

durable := "before_release" if {
	input.target.effect == "read"
} else := "before_forward"

# What the indexes hold for a text: exact entries, and those whose literal prefix the text begins
# with. There is one look-up for each different length of prefix, however many patterns there are.
hits(indexes, text) := exact_hits(indexes, text) | prefix_hits(indexes, text)

exact_hits(indexes, text) := {hit |
	some index in indexes
	some hit in index.exact[text]
}

prefix_hits(indexes, text) := {candidate.hit |
	some index in indexes
	some length in index.lengths
	length <= count(text)
	some candidate in index.prefixes[substring(text, 0, length)]
	fits(candidate, substring(text, length, -1))
}

# `**`: whatever follows.
fits(candidate, _) if candidate.rest == "any"

# `*`: anything up to the next separator, and there must be none.
fits(candidate, rest) if {
	candidate.rest == "segment"
	not contains(rest, "/")
	not contains(rest, ":")
}

# Stars with something after them.
fits(candidate, rest) if {
	candidate.rest == "regex"
	regex.match(candidate.regex, rest)
}
