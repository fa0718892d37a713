# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0

# A policy that goes wrong in the way that the target's name asks for.
package countersign

decision := input.arguments.decision if input.target.name == "echo"

decision := "not a document" if input.target.name == "text"

decision := numbers.range(1, 50000000) if input.target.name == "memory"

decision := count(pairs) if input.target.name == "slow"

decision := 1 if input.target.name == "conflict"

decision := 2 if input.target.name == "conflict"

pairs contains i * j if {
	some i in numbers.range(1, 2000)
	some j in numbers.range(1, 2000)
}
