# Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0

# A policy that needs its host: it loads, and would fail at the first request that gets there.
package countersign

decision := time.now_ns() if input.target.name == "now"

decision := http.send({"method": "get", "url": "https://nowhere.invalid/"}) if input.target.name == "web"
