// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.audit.AuditSettings;
import dev.countersign.gateway.snapshot.CommandSettings;
import dev.countersign.gateway.snapshot.GatewaySettings;
import dev.countersign.gateway.snapshot.ListenSettings;
import dev.countersign.gateway.snapshot.ServerSettings;
import dev.countersign.gateway.snapshot.ServerSettings.EffectLabel;
import dev.countersign.identity.IdentitySettings;
import dev.countersign.policy.Effect;
import dev.countersign.policy.Grant;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The whole file of {@code countersign wrap}: what a gateway for one client and one server needs.
 */
final class WrapSection {
  static final Keys KEYS = new Keys("Settings of a gateway between one client and one server.");

  private static final URI PUBLIC_URL = URI.create("http://wrap.localhost");
  private static final Key<Section> LIMITS =
      KEYS.add(
          Key.optional(
              "limits", SectionType.always(LimitsSection.KEYS), LimitsSection.KEYS.meaning()));
  private static final Key<Section> POLICY =
      KEYS.add(
          Key.optional(
              "policy", SectionType.always(PolicySection.KEYS), PolicySection.KEYS.meaning()));
  private static final Key<Map<String, Effect>> EFFECTS = KEYS.add(ServerSection.effects());
  private static final MessageKeys MESSAGES = new MessageKeys(KEYS);

  private WrapSection() {}

  static GatewaySettings build(Section in, WrapReader.Wrapped what, String revision) {
    Place place = in.place();
    CommandSettings command =
        new CommandSettings(
            what.command(), Map.of(), Map.of(), null, CommandSettings.Sharing.SESSION, 4);
    ServerSettings server =
        new ServerSettings(
            what.name(),
            command.uri(),
            command,
            null,
            null,
            in.get(EFFECTS).entrySet().stream()
                .map(label -> new EffectLabel(label.getKey(), label.getValue()))
                .toList(),
            null,
            List.of(),
            false,
            false,
            MESSAGES.build(in, false));
    ListenSettings listen = ListenSection.build(Section.absent(ListenSection.KEYS, place));
    return new GatewaySettings(
        WrapReader.NODE,
        new ListenSettings(
            listen.address(), PUBLIC_URL, Set.of(), Set.of(), null, false, 1, listen.drain()),
        LimitsSection.build(in.get(LIMITS)),
        IdentitySettings.local(what.user()),
        Map.of(what.name(), server),
        List.of(),
        grants(in, what),
        StateSection.build(Section.absent(StateSection.KEYS, place)),
        new AuditSettings(
            what.audit(),
            WrapReader.NODE,
            AuditSettings.SEGMENT_BYTES_DEFAULT,
            AuditSettings.QUEUE_MAX_DEFAULT),
        AdminSection.build(Section.absent(AdminSection.KEYS, place)),
        revision);
  }

  private static List<Grant> grants(Section in, WrapReader.Wrapped what) {
    List<Grant> grants = new ArrayList<>();
    if (in.has(POLICY) || what.allow().isEmpty()) {
      grants.addAll(PolicySection.build(in.get(POLICY), Set.of(what.name()), Set.of()));
    }
    if (!what.allow().isEmpty()) {
      grants.add(
          new Grant(
              "command-line",
              List.of("local:**"),
              what.allow(),
              List.of(),
              List.of(),
              List.of(),
              Set.of(),
              -1));
    }
    return grants;
  }
}
