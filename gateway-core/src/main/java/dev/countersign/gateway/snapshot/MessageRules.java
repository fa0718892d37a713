// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

import dev.countersign.gateway.input.InputRules;
import dev.countersign.gateway.mcp.LogLevel;
import java.util.Locale;

/**
 * How messages from and for one server are handled, beside policy.
 *
 * @param input bounds on what it may ask of clients
 * @param logLevelMax clients may have it say this much and no more
 * @param instructions whether clients get what it says to their models about itself
 * @param eras in which eras clients may talk to it
 * @param denyAs how a call of a tool is refused that the caller may see
 */
public record MessageRules(
    InputRules input, LogLevel logLevelMax, boolean instructions, Eras eras, DenyAs denyAs) {
  /** What holds where the operator says nothing. */
  public static final MessageRules DEFAULTS =
      new MessageRules(InputRules.DEFAULTS, LogLevel.INFO, true, Eras.ANY, DenyAs.ERROR);

  /** The eras of the protocol that clients may use. */
  public enum Eras {
    /** Whichever client and server share. */
    ANY,
    /** 2026-07-28. */
    MODERN,
    /** 2025-11-25 and older. */
    LEGACY,
    /** Whichever the client wants, of a server that speaks 2026-07-28 alone. */
    BRIDGED;

    /** The word for it in settings. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How a call of a tool is refused. */
  public enum DenyAs {
    /** With a JSON-RPC error. */
    ERROR,
    /** With a result that says so to the model ({@code isError}). */
    IS_ERROR;

    /** The word for it in settings. */
    public String wire() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
