# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package countersign_test

import data.countersign

grants := {
	"names": ["grants/reader", "grants/writer", "grants/keeper"],
	"approvers": [[], ["group:sec"], []],
	"callers": {
		"exact": {"oidc:demo:alice": ["0"]},
		"lengths": [10],
		"prefixes": {"oidc:demo:": [{"rest": "segment", "hit": "1"}]},
	},
	"targets": {
		"0": {
			"tools": {
				"exact": {"files/read": [{"grant": 0, "do": "allow"}]},
				"lengths": [10],
				"prefixes": {"files/list": [{"rest": "segment", "hit": {"grant": 0, "do": "allow", "effects": ["read"]}}]},
			},
			"servers": {"exact": {"files": [{"grant": 0}]}, "lengths": [], "prefixes": {}},
		},
		"1": {"tools": {
			"exact": {"files/drop": [{"grant": 2, "do": "deny"}]},
			"lengths": [6],
			"prefixes": {"files/": [
				{"rest": "regex", "regex": "^dr[^/:]*p$", "hit": {"grant": 1, "do": "allow"}},
				{"rest": "segment", "hit": {"grant": 1, "do": "approve"}},
			]},
		}},
	},
}

request(caller, kind, name, effect) := {
	"caller": {"id": caller},
	"server": {"name": "files"},
	"target": object.union({"kind": kind, "name": name}, effect),
}

decide(caller, kind, name, effect) := decision if {
	decision := countersign.decision with input as request(caller, kind, name, effect) with data.grants as grants
}

test_exact_target_is_allowed if {
	decided := decide("oidc:demo:alice", "tool", "read", {})
	decided.decision == "allow"
	decided.rule == "grants/reader"
	decided.obligations.durable == "before_forward"
}

test_effect_limits_a_grant if {
	decide("oidc:demo:alice", "tool", "list_notes", {"effect": "read"}).decision == "allow"
	decide("oidc:demo:alice", "tool", "list_notes", {}).decision == "approve"
}

test_read_lets_the_sync_overlap if {
	decide("oidc:demo:alice", "tool", "list_notes", {"effect": "read"}).obligations.durable == "before_release"
}

test_deny_outranks_allow if {
	decided := decide("oidc:demo:bob", "tool", "drop", {})
	decided.decision == "deny"
	decided.rule == "grants/keeper"
}

test_approval_names_its_groups if {
	decided := decide("oidc:demo:bob", "tool", "write", {})
	decided.decision == "approve"
	decided.obligations.approval.groups == ["group:sec"]
}

test_inner_star_matches_by_regex if {
	decide("oidc:demo:bob", "tool", "dr_oop", {}).decision == "allow"
}

test_one_star_stops_at_separators if {
	decide("oidc:demo:bob", "tool", "a/b", {}).rule == "default-deny"
	decide("oidc:demo:bob:x", "tool", "write", {}).rule == "default-deny"
}

test_server_is_seen_by_whoever_has_something_on_it if {
	decide("oidc:demo:alice", "server", "files", {}).decision == "allow"
	decide("oidc:demo:bob", "server", "files", {}).decision == "deny"
}

test_unknown_caller_and_kind_are_denied if {
	decide("oidc:other:alice", "tool", "read", {}).rule == "default-deny"
	decide("oidc:demo:alice", "wormhole", "read", {}).rule == "default-deny"
}

test_nothing_is_denied_by_default if {
	countersign.decision.rule == "default-deny" with input as {} with data.grants as grants
	countersign.decision.rule == "default-deny" with input as request("oidc:demo:alice", "tool", "read", {}) with data.grants as {}
}
