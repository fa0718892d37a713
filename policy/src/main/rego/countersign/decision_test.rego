# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package countersign_test

import data.countersign

# Four grants: two deny, allow and approve as a file would have them; the last speaks of reads only.
grants := {
	"entries": [
		{"do": "deny", "rule": "grants/keeper"},
		{"do": "allow", "rule": "grants/writer"},
		{"do": "allow", "rule": "grants/reader", "effects": ["read"]},
		{"do": "approve", "rule": "grants/asker", "approvers": ["group:sec"]},
		{"do": "allow", "rule": "grants/writer"},
	],
	"callers": {
		"lengths": [-1, 10],
		"texts": {
			"oidc:demo:alice": [{"gap": "none", "length": 15, "hits": [0]}],
			"oidc:demo:": [{"gap": "segment", "length": 10, "hits": [1]}],
		},
	},
	"targets": [
		{
			"tool": {
				"lengths": [-1, 11],
				"texts": {
					"files/write": [{"gap": "none", "length": 11, "hits": [1]}],
					"files/read_": [{"gap": "segment", "length": 11, "hits": [2]}],
				},
			},
			"resource": {
				"lengths": [6],
				"texts": {"files/": [{"gap": "any", "length": 6, "hits": [1]}]},
			},
			"server": {"lengths": [-1], "texts": {"files": [{"gap": "none", "length": 5, "hits": [4]}]}},
		},
		{"tool": {
			"lengths": [-1, 6],
			"texts": {
				"files/drop": [{"gap": "none", "length": 10, "hits": [0, 1]}],
				"files/": [{"gap": "segment", "length": 6, "hits": [3]}],
			},
		}},
	],
}

request(caller, kind, name, effect) := {
	"caller": {"id": caller},
	"server": {"name": "files"},
	"target": object.union({"kind": kind, "name": name}, effect),
}

decide(caller, kind, name, effect) := decision if {
	decision := countersign.decision with input as request(caller, kind, name, effect)
		with data.grants as grants
}

test_exact_target_is_allowed if {
	decided := decide("oidc:demo:alice", "tool", "write", {})
	decided.decision == "allow"
	decided.rule == "grants/writer"
	decided.obligations == {"durable": "before_forward"}
}

test_effect_limits_a_grant if {
	decide("oidc:demo:alice", "tool", "read_note", {"effect": "read"}).rule == "grants/reader"
	decide("oidc:demo:alice", "tool", "read_note", {"effect": "write"}).rule == "grants/asker"
	decide("oidc:demo:alice", "tool", "read_note", {}).rule == "grants/asker"
}

test_read_lets_the_sync_overlap if {
	decide("oidc:demo:alice", "tool", "read_note", {"effect": "read"}).obligations.durable == "before_release"
}

test_deny_outranks_allow if {
	decided := decide("oidc:demo:bob", "tool", "drop", {})
	decided.decision == "deny"
	decided.rule == "grants/keeper"
}

test_approval_names_its_groups if {
	decided := decide("oidc:demo:bob", "tool", "anything", {})
	decided.decision == "approve"
	decided.obligations.approval == {"groups": ["group:sec"], "quorum": 1, "ttl_s": 600}
}

test_server_is_seen_by_whoever_has_something_on_it if {
	decide("oidc:demo:alice", "server", "files", {}).decision == "allow"
	decide("oidc:demo:bob", "server", "files", {}).rule == "default-deny"
}

test_template_is_seen_by_whoever_has_its_resources if {
	decide("oidc:demo:alice", "resource_template", "file:///{path}", {}).decision == "allow"
}

test_what_servers_ask_is_apart_from_what_they_offer if {
	everything := {"lengths": [6], "texts": {"files/": [{"gap": "any", "length": 6, "hits": [1]}]}}
	kinds := {"tool", "resource", "prompt", "sampling", "elicitation", "roots", "task"}
	every granted in kinds {
		own := object.union(grants, {"targets": [{granted: everything}]})
		allowed := {asked |
			some asked in kinds
			countersign.decision.decision == "allow" with input as request("oidc:demo:alice", asked, "createMessage", {})
				with data.grants as own
		}
		allowed == {granted}
	}
}

test_unknown_caller_and_kind_are_denied if {
	decide("oidc:other:alice", "tool", "write", {}).rule == "default-deny"
	decide("oidc:demo:alice", "wormhole", "write", {}).rule == "default-deny"
	decide("oidc:demo:alice", "prompt", "write", {}).rule == "default-deny"
}

test_missing_input_is_denied if {
	countersign.decision.rule == "default-deny" with input as {} with data.grants as grants
	countersign.decision.rule == "default-deny" with input as request(1, "tool", "write", {})
		with data.grants as grants
	countersign.decision.rule == "default-deny" with input as request("oidc:demo:alice", 1, "write", {})
		with data.grants as grants
	countersign.decision.rule == "default-deny" with input as request("oidc:demo:alice", "tool", ["write"], {})
		with data.grants as grants
}

test_missing_data_is_denied if {
	asked := request("oidc:demo:alice", "tool", "write", {})
	countersign.decision.rule == "default-deny" with input as asked with data.grants as {}
	countersign.decision.rule == "default-deny" with input as asked
		with data.grants as object.remove(grants, ["entries"])
	countersign.decision.rule == "default-deny" with input as asked
		with data.grants as object.union(grants, {"entries": []})
}
