# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0

# The shipped policy: grants, default deny. Input and decision are the contract in
# docs/policy-input.md; data.grants is compiled from the settings by dev.countersign.policy.Grants.
package countersign

import data.countersign.patterns

# Nothing is allowed because a rule is missing or broke.
default decision := {
	"decision": "deny",
	"rule": "default-deny",
	"reasons": ["no grant names this caller"],
	"obligations": {},
}

# A deny outranks everything; an allow outranks an approve, because it is a standing permit.
decision := {
	"decision": "deny",
	"rule": rule(first),
	"reasons": [concat("", ["denied by ", rule(first)])],
	"obligations": {},
} if {
	first := min(matched("deny"))
} else := {
	"decision": "allow",
	"rule": rule(first),
	"reasons": [concat("", ["allowed by ", rule(first)])],
	"obligations": {"durable": durable},
} if {
	first := min(matched("allow"))
} else := {
	"decision": "approve",
	"rule": rule(first),
	"reasons": [concat("", ["approval asked for by ", rule(first)])],
	"obligations": {
		"durable": durable,
		"approval": {
			"groups": data.grants.approvers[data.grants.entries[first].grant],
			"quorum": 1,
			"ttl_s": 600,
		},
	},
} if {
	first := min(matched("approve"))
} else := {
	"decision": "deny",
	"rule": "default-deny",
	"reasons": ["a grant of this caller names the target, but not its effect"],
	"obligations": {},
} if {
	count(entries) > 0
} else := {
	"decision": "deny",
	"rule": "default-deny",
	"reasons": ["no grant of this caller covers the target"],
	"obligations": {},
} if {
	count(callers) > 0
}

rule(entry) := data.grants.names[data.grants.entries[entry].grant]

# The entries are in the order of the file, so that the least one is the first grant's.
matched(verb) := {entry |
	some entry in entries
	data.grants.entries[entry].do == verb
	effect_fits(data.grants.entries[entry])
}

effect_fits(entry) if {
	not entry.effects
} else if {
	input.target.effect in entry.effects
}

# What the patterns of this caller's grants hold for the target.
entries contains entry if {
	some caller in callers
	some entry in patterns.hits(data.grants.targets[caller][index], text)
}

# The patterns that match the caller: as many as match, not as many as there are.
callers := patterns.hits(data.grants.callers, input.caller.id)

# A request that is about the server as a whole has no target of its own. Whoever was given anything
# on a server may greet it and see its filtered lists.
index := "server" if {
	input.target.kind == "server"
} else := "resource" if {
	# A template is listed for whoever has a pattern that matches its text.
	input.target.kind == "resource_template"
} else := input.target.kind

text := input.server.name if {
	input.target.kind == "server"
} else := concat("/", [input.server.name, input.target.name])

# A read may overlap the sync of its own record.
durable := "before_release" if {
	input.target.effect == "read"
} else := "before_forward"
