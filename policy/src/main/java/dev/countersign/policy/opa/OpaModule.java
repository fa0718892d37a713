// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import com.dylibso.chicory.compiler.MachineFactoryCompiler;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.wasm.ChicoryException;
import com.dylibso.chicory.wasm.Parser;
import com.dylibso.chicory.wasm.WasmModule;
import com.dylibso.chicory.wasm.types.MemoryImport;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.policy.PolicyModule;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A policy module compiled to JVM bytecode once, for all instances of it: what the virtual machine
 * learns about the code while it is hot is then learnt for all, and new data finds it warm. The
 * shipped one is compiled by the build, others when they are loaded.
 *
 * <p>Immutable but for a count; any thread.
 */
final class OpaModule {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final byte[] NO_DATA = "{}".getBytes(StandardCharsets.US_ASCII);
  private static final int PAGES_AT_START = 8;

  private final WasmModule module;
  private final Function<Instance, Machine> machines;
  private final int pagesAtStart;
  private final int entrypoint;
  private final AtomicInteger warmed = new AtomicInteger();

  private OpaModule(WasmModule module, Function<Instance, Machine> machines, String entrypoint) {
    this.module = module;
    this.machines = machines;
    this.pagesAtStart = Math.max(PAGES_AT_START, pagesAtLeast(module));
    OpaInstance probe = new OpaInstance(this, NO_DATA, OpaInstance.PAGES_MAX);
    requireNoHostBuiltins(probe.builtins());
    this.entrypoint = entrypoint(probe.entrypoints(), entrypoint);
  }

  /** The policy that ships, which the build has compiled. */
  static OpaModule shipped() {
    return new OpaModule(ShippedCode.load(), ShippedCode::create, PolicyModule.ENTRYPOINT);
  }

  /**
   * Parses and compiles; takes up to a second of one core.
   *
   * @throws IllegalArgumentException when it is no policy, was made for another ABI, does not offer
   *     the entrypoint, or needs functions that OPA leaves to its host
   */
  static OpaModule load(byte[] wasm, String entrypoint) {
    try {
      WasmModule module = Parser.parse(wasm);
      return new OpaModule(module, MachineFactoryCompiler.compile(module), entrypoint);
    } catch (ChicoryException e) {
      throw new IllegalArgumentException("this is no policy module: " + e.getMessage(), e);
    }
  }

  /** How often it was evaluated to make it hot, with whatever data. */
  AtomicInteger warmed() {
    return warmed;
  }

  WasmModule module() {
    return module;
  }

  Function<Instance, Machine> machines() {
    return machines;
  }

  int pagesAtStart() {
    return pagesAtStart;
  }

  int entrypoint() {
    return entrypoint;
  }

  private static int pagesAtLeast(WasmModule module) {
    return module.importSection().stream()
        .filter(MemoryImport.class::isInstance)
        .mapToInt(memory -> ((MemoryImport) memory).limits().initialPages())
        .findFirst()
        .orElse(0);
  }

  private static int entrypoint(String offered, String wanted) {
    JsonNode number = parse(offered).path(wanted);
    if (!number.isInt()) {
      throw new IllegalArgumentException(
          "the policy has no entrypoint " + wanted + ", it offers: " + offered);
    }
    return number.intValue();
  }

  /**
   * What OPA does not compile it asks of its host, and such a module loads and then fails at the
   * first request that gets there; so it is refused here, by name.
   */
  private static void requireNoHostBuiltins(String wanted) {
    Iterator<String> names = parse(wanted).fieldNames();
    if (names.hasNext()) {
      StringBuilder list = new StringBuilder(names.next());
      names.forEachRemaining(name -> list.append(", ").append(name));
      throw new IllegalArgumentException(
          "the policy needs built-in functions that do not exist in WASM: " + list);
    }
  }

  private static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (IOException e) {
      throw new IllegalArgumentException("the policy module does not describe itself", e);
    }
  }
}
