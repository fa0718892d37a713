// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import com.dylibso.chicory.runtime.ByteArrayMemory;
import com.dylibso.chicory.runtime.ExportFunction;
import com.dylibso.chicory.runtime.HostFunction;
import com.dylibso.chicory.runtime.ImportFunction;
import com.dylibso.chicory.runtime.ImportMemory;
import com.dylibso.chicory.runtime.ImportValues;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Machine;
import com.dylibso.chicory.runtime.Memory;
import com.dylibso.chicory.wasm.WasmModule;
import com.dylibso.chicory.wasm.types.FunctionType;
import com.dylibso.chicory.wasm.types.MemoryLimits;
import com.dylibso.chicory.wasm.types.ValType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/**
 * One instance of a policy module behind OPA's WASM ABI (OPA documentation, "WebAssembly", ABI 1.2
 * and later: {@code opa_eval}). The SDK's own wrapper compiles the module for every instance; this
 * one shares the compiled code and passes bytes.
 *
 * <p>Confined to one thread.
 */
final class OpaInstance {
  /**
   * 16 MiB: the data of thousands of grants and the largest input, and an end to runaway growth.
   */
  private static final int PAGES_MAX = 256;

  private static final int PAGES_AT_START = 8;
  private static final int INPUT_BYTES_MAX = 1 << 20;
  private static final int RESULT_BYTES_MAX = 1 << 16;

  private final Memory memory;
  private final ExportFunction eval;
  private final int dataAddress;
  private final int heapBase;

  OpaInstance(WasmModule module, Function<Instance, Machine> machines, byte[] data) {
    this.memory = new ByteArrayMemory(new MemoryLimits(PAGES_AT_START, PAGES_MAX));
    Instance instance =
        Instance.builder(module).withImportValues(imports()).withMachineFactory(machines).build();
    requireNoHostBuiltins(instance);
    int address = (int) instance.export("opa_malloc").apply(data.length)[0];
    memory.write(address, data);
    this.dataAddress = (int) instance.export("opa_json_parse").apply(address, data.length)[0];
    if (dataAddress == 0) {
      throw new IllegalStateException("the policy's data is not JSON");
    }
    this.heapBase = (int) instance.export("opa_heap_ptr_get").apply()[0];
    this.eval = instance.export("opa_eval");
  }

  /** The result set as JSON text. */
  byte[] evaluate(byte[] input) {
    if (input.length > INPUT_BYTES_MAX) {
      throw new IllegalArgumentException("the policy input is over the limit");
    }
    ensure(heapBase + input.length);
    memory.write(heapBase, input);
    long result =
        eval.apply(0, 0, dataAddress, heapBase, input.length, heapBase + input.length, 0)[0];
    return text((int) result);
  }

  private void ensure(int end) {
    int missing = end - memory.pages() * Memory.PAGE_SIZE;
    if (missing > 0 && memory.grow(missing / Memory.PAGE_SIZE + 1) < 0) {
      throw new IllegalStateException("the policy's memory is used up");
    }
  }

  private byte[] text(int address) {
    int length = 0;
    while (memory.read(address + length) != 0) {
      length++;
      if (length > RESULT_BYTES_MAX) {
        throw new IllegalStateException("the policy's answer is over the limit");
      }
    }
    return memory.readBytes(address, length);
  }

  private ImportValues imports() {
    List<ImportFunction> functions = new ArrayList<>();
    functions.add(
        new HostFunction(
            "env",
            "opa_abort",
            FunctionType.of(List.of(ValType.I32), List.of()),
            (instance, arguments) -> {
              throw new IllegalStateException("the policy aborted");
            }));
    functions.add(
        new HostFunction(
            "env",
            "opa_println",
            FunctionType.of(List.of(ValType.I32), List.of()),
            (instance, arguments) -> new long[0]));
    for (int count = 0; count <= 4; count++) {
      functions.add(
          new HostFunction(
              "env",
              "opa_builtin" + count,
              FunctionType.of(Collections.nCopies(count + 2, ValType.I32), List.of(ValType.I32)),
              (instance, arguments) -> {
                throw new IllegalStateException("the policy called a builtin that is not there");
              }));
    }
    return ImportValues.builder()
        .withFunctions(functions)
        .addMemory(new ImportMemory("env", "memory", memory))
        .build();
  }

  /** A builtin that the host would have to supply is refused at load, not when it is reached. */
  private void requireNoHostBuiltins(Instance instance) {
    int address = (int) instance.export("builtins").apply()[0];
    int dumped = (int) instance.export("opa_json_dump").apply(address)[0];
    String wanted = new String(text(dumped), StandardCharsets.UTF_8);
    if (!wanted.equals("{}")) {
      throw new IllegalArgumentException("the policy needs builtins that are not there: " + wanted);
    }
  }
}
