// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.GatewaySettings;
import dev.countersign.gateway.snapshot.ServerSettings;
import dev.countersign.identity.IdentitySettings;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The whole file. */
final class FileSection {
  private static final String NODE_FORM = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

  static final Keys KEYS =
      new Keys("All settings of one gateway. A key that is not listed is refused.");

  private static final Key<String> NODE =
      KEYS.add(
          Key.optional(
                  "node",
                  new TextType("a name of at most 64 letters, digits, dots, dashes", NODE_FORM),
                  "The name this gateway gives itself in records, logs and policy input.")
              .otherwise("the variable HOSTNAME, else gateway")
              .example("gw-1")
              .atStartOnly());
  private static final Key<Section> LISTEN = section("listen", ListenSection.KEYS);
  private static final Key<Section> LIMITS = section("limits", LimitsSection.KEYS);
  private static final Key<Section> IDENTITY = section("identity", IdentitySection.KEYS);
  private static final Key<Map<String, Section>> SERVERS =
      KEYS.add(
          Key.required(
              "servers",
              new MapType<>(
                  "a server's name (a letter, then at most 31 letters, digits and dashes, all"
                      + " lower case)",
                  "[a-z][a-z0-9-]{0,31}",
                  SectionType.ifThere(ServerSection.KEYS),
                  1),
              "The tool servers by name; clients reach one at `/<name>/mcp`."));
  private static final Key<Section> FEDERATION =
      KEYS.add(
          Key.optional(
              "federation",
              SectionType.ifThere(FederationSection.KEYS),
              FederationSection.KEYS.meaning()));
  private static final Key<Section> POLICY = section("policy", PolicySection.KEYS);
  private static final Key<Section> STATE = section("state", StateSection.KEYS);
  private static final Key<Section> AUDIT = section("audit", AuditSection.KEYS);
  private static final Key<Section> ADMIN = section("admin", AdminSection.KEYS);

  private FileSection() {}

  private static Key<Section> section(String name, Keys keys) {
    return KEYS.add(Key.optional(name, SectionType.always(keys), keys.meaning()));
  }

  static GatewaySettings build(Section in, String revision) {
    String node = node(in);
    Map<String, ServerSettings> servers = ServerSection.build(in.get(SERVERS));
    IdentitySettings identity = IdentitySection.build(in.get(IDENTITY));
    Set<String> issuers = new TreeSet<>();
    identity.issuers().forEach(issuer -> issuers.add(issuer.name()));
    return new GatewaySettings(
        node,
        ListenSection.build(in.get(LISTEN)),
        LimitsSection.build(in.get(LIMITS)),
        identity,
        servers,
        FederationSection.build(in.find(FEDERATION), servers.keySet()),
        PolicySection.build(in.get(POLICY), servers.keySet(), issuers),
        StateSection.build(in.get(STATE)),
        AuditSection.build(in.get(AUDIT), node),
        AdminSection.build(in.get(ADMIN)),
        revision);
  }

  private static String node(Section in) {
    String node = in.find(NODE);
    if (node != null || in.has(NODE)) {
      return in.get(NODE);
    }
    String host = in.place().reading().environment().getOrDefault("HOSTNAME", "gateway");
    if (Pattern.matches(NODE_FORM, host)) {
      return host;
    }
    in.place(NODE).problem("a HOSTNAME that is no such name", NODE.type().expected());
    return in.get(NODE);
  }
}
