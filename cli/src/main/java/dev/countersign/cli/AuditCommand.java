// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import picocli.CommandLine.Command;

/** {@code countersign audit}. */
@Command(
    name = "audit",
    description = "Reads and verifies the record of calls.",
    mixinStandardHelpOptions = true,
    subcommands = {AuditShowCommand.class, AuditVerifyCommand.class})
final class AuditCommand {}
