// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.input.InputRules;
import dev.countersign.gateway.mcp.LogLevel;
import dev.countersign.gateway.snapshot.MessageRules;
import dev.countersign.gateway.snapshot.MessageRules.DenyAs;
import dev.countersign.gateway.snapshot.MessageRules.Eras;
import java.util.List;
import java.util.Set;

/** The keys of a server that say how messages from and for it are handled. */
final class MessageKeys {
  private static final MessageRules D = MessageRules.DEFAULTS;
  private static final Keys SAMPLING_KEYS =
      new Keys("Bounds on what the server may have clients' models write, where a grant lets it.");
  private static final Key<Integer> TOKENS =
      SAMPLING_KEYS.add(
          Key.defaulted(
              "tokens",
              new WholeType(1, 1_000_000),
              D.input().samplingTokensMax(),
              "What `maxTokens` is cut to."));
  private static final Key<Integer> MESSAGES =
      SAMPLING_KEYS.add(
          Key.defaulted(
              "messages",
              new WholeType(1, 10_000),
              D.input().samplingMessagesMax(),
              "Messages in one request."));
  private static final Key<Boolean> CONTEXT =
      SAMPLING_KEYS.add(
          Key.defaulted(
              "include_context",
              new FlagType(),
              D.input().includeContext(),
              "Whether the server may ask for what the client knows from this or other servers; if"
                  + " not, `includeContext` becomes `none`."));

  private final Key<Section> sampling;
  private final Key<List<String>> hosts;
  private final Key<Long> bytes;
  private final Key<LogLevel> logLevel;
  private final Key<Boolean> instructions;
  private final Key<Eras> eras;
  private final Key<DenyAs> denyAs;

  /** Adds them to the keys of a server. */
  MessageKeys(Keys keys) {
    sampling =
        keys.add(
            Key.optional("sampling", SectionType.always(SAMPLING_KEYS), SAMPLING_KEYS.meaning()));
    hosts =
        keys.add(
            Key.defaulted(
                    "elicitation_hosts",
                    new ListType<>(
                        new TextType(
                            "a host's name in lower case", "[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?"),
                        0),
                    List.of(),
                    "Hosts that the server may send users to, by https, where a grant lets it.")
                .example("[login.example]"));
    bytes =
        keys.add(
            Key.defaulted(
                "question_bytes",
                new SizeType(1 << 10, 16 << 20),
                (long) D.input().questionBytesMax(),
                "One question of the server to a client, and one answer."));
    logLevel =
        keys.add(
            Key.defaulted(
                "log_level",
                new ChoiceType<>(List.of(LogLevel.values()), LogLevel::wire),
                D.logLevelMax(),
                "The most that clients may have the server log to them; more is cut to it."));
    instructions =
        keys.add(
            Key.defaulted(
                "instructions",
                new FlagType(),
                D.instructions(),
                "Whether clients get the server's `instructions`, which many put into their model's"
                    + " prompt."));
    eras =
        keys.add(
            Key.defaulted(
                "era",
                new ChoiceType<>(List.of(Eras.values()), Eras::wire),
                D.eras(),
                "In which era of the protocol clients may talk to it: `modern` is 2026-07-28,"
                    + " `legacy` what came before. `bridged` is for a server that speaks 2026-07-28"
                    + " alone: clients of either era may, and the gateway makes modern requests of"
                    + " legacy ones."));
    denyAs =
        keys.add(
            Key.defaulted(
                "deny_as",
                new ChoiceType<>(List.of(DenyAs.values()), DenyAs::wire),
                D.denyAs(),
                "How the call of a tool that the caller may see is refused: as a JSON-RPC error, or"
                    + " as a result with `isError` that a model reads."));
  }

  /**
   * @param httpSse whether the server is reached by the transport of 2024-11-05
   */
  MessageRules build(Section in, boolean httpSse) {
    Section bounds = in.get(sampling);
    return new MessageRules(
        new InputRules(
            Set.copyOf(in.get(hosts)),
            bounds.get(CONTEXT),
            bounds.get(TOKENS),
            bounds.get(MESSAGES),
            Math.toIntExact(in.get(bytes))),
        in.get(logLevel),
        in.get(instructions),
        httpSse ? legacy(in) : in.get(eras),
        in.get(denyAs));
  }

  /** The old transport carries no other era. */
  private Eras legacy(Section in) {
    if (in.has(eras) && in.get(eras) != Eras.LEGACY) {
      in.place(eras).problem(in.get(eras).wire() + " with http_sse", "legacy, or nothing");
    }
    return Eras.LEGACY;
  }
}
