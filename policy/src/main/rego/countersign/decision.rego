# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0

# The shipped policy: grants, default deny. Input and decision are the contract in
# docs/policy-input.md; data.grants is compiled from the settings by dev.countersign.policy.Grants.
package countersign

import data.countersign.patterns

# Nothing is allowed because a rule is missing or broke.
default decision := {
	"decision": "deny",
	"rule": "default-deny",
	"reasons": ["no grant of this caller covers the target with its effect"],
	"obligations": {},
}

# What grants say is numbered so that the least number wins: all that deny come first, because a deny
# outranks everything; then all that allow, because an allow is a standing permit; then all that ask
# for approval. Of a sort, the first in the file wins.
decision := answer(entries[min([number |
	some caller in patterns.hits(data.grants.callers, input.caller.id)
	some number in patterns.hits(data.grants.targets[caller][kind], target)
	effect_fits(entries[number])
])]) if {
	entries := data.grants.entries
}

answer(entry) := {
	"decision": "allow",
	"rule": entry.rule,
	"reasons": ["a grant allows it"],
	"obligations": {"durable": durable},
} if {
	entry.do == "allow"
} else := {
	"decision": "deny",
	"rule": entry.rule,
	"reasons": ["a grant denies it"],
	"obligations": {},
} if {
	entry.do == "deny"
} else := {
	"decision": "approve",
	"rule": entry.rule,
	"reasons": ["a grant asks for approval"],
	"obligations": {
		"durable": durable,
		"approval": {"groups": entry.approvers, "quorum": 1, "ttl_s": 600},
	},
} if {
	entry.do == "approve"
}

effect_fits(entry) if {
	not entry.effects
} else if {
	input.target.effect in entry.effects
}

# Whoever has a pattern that matches a template's text gets to see the template.
kind := "resource" if {
	input.target.kind == "resource_template"
} else := input.target.kind

# A request that is about the server as a whole has no target of its own. Whoever was given anything
# on a server may greet it and see its filtered lists.
target := input.server.name if {
	input.target.kind == "server"
} else := concat("/", [input.server.name, input.target.name])

# A read may overlap the sync of its own record.
durable := "before_release" if {
	input.target.effect == "read"
} else := "before_forward"
