// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import com.dylibso.chicory.runtime.ByteArrayMemory;
import com.dylibso.chicory.runtime.ExportFunction;
import com.dylibso.chicory.runtime.HostFunction;
import com.dylibso.chicory.runtime.ImportFunction;
import com.dylibso.chicory.runtime.ImportMemory;
import com.dylibso.chicory.runtime.ImportValues;
import com.dylibso.chicory.runtime.Instance;
import com.dylibso.chicory.runtime.Memory;
import com.dylibso.chicory.wasm.types.FunctionType;
import com.dylibso.chicory.wasm.types.MemoryLimits;
import com.dylibso.chicory.wasm.types.ValType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * One instance of a policy module, with data and memory of its own, behind OPA's WASM ABI (OPA
 * documentation, "WebAssembly", ABI 1.2 and later: {@code opa_eval}). The SDK's own wrapper
 * compiles the module for every instance and works on trees; this one shares the compiled code and
 * passes bytes.
 *
 * <p>Confined to one thread: two inside one instance spin for ever. After any exception its memory
 * may be torn, and it must not be used again.
 */
final class OpaInstance {
  /** 16 MiB beside the data: the largest input, and an end to runaway growth. */
  static final int PAGES_MAX = 256;

  /** What data takes in memory, parsed, is up to this many times what it takes as text. */
  private static final int DATA_SPREAD = 16;

  private static final int RESULT_BYTES_MAX = 1 << 16;
  private static final int MESSAGE_BYTES_MAX = 200;
  private static final int BUILTIN_ARGUMENTS_MAX = 4;

  private final Memory memory;
  private final Instance instance;
  private final ExportFunction eval;
  private final int entrypoint;
  private final int dataAddress;
  private final int heapBase;

  /**
   * @param data the data document, JSON
   * @param pagesMax how many pages of 64 KiB it may use beside its data
   * @throws IllegalArgumentException when the module was made for another ABI, or the data is not
   *     JSON
   * @throws PolicyAbortedException when the data does not fit
   */
  OpaInstance(OpaModule module, byte[] data, int pagesMax) {
    long dataPages = Math.ceilDiv((long) data.length * DATA_SPREAD, Memory.PAGE_SIZE);
    int pages = (int) Math.min(Memory.RUNTIME_MAX_PAGES, pagesMax + dataPages);
    this.memory = new ByteArrayMemory(new MemoryLimits(module.pagesAtStart(), pages));
    this.instance =
        Instance.builder(module.module())
            .withImportValues(imports())
            .withMachineFactory(module.machines())
            .build();
    requireAbi();
    int address = (int) call("opa_malloc", data.length);
    memory.write(address, data);
    this.dataAddress = (int) call("opa_json_parse", address, data.length);
    if (dataAddress == 0) {
      throw new IllegalArgumentException("the policy's data is not JSON");
    }
    this.heapBase = (int) call("opa_heap_ptr_get");
    this.eval = instance.export("opa_eval");
    this.entrypoint = module.entrypoint();
  }

  /**
   * Evaluates: every time on the heap as it was after the data was read.
   *
   * @return the result set as JSON text
   */
  byte[] evaluate(byte[] input, int length) {
    ensure(heapBase + length);
    memory.write(heapBase, input, 0, length);
    long[] result = eval.apply(0, entrypoint, dataAddress, heapBase, length, heapBase + length, 0);
    return text((int) result[0], RESULT_BYTES_MAX);
  }

  /** The functions that the module expects of its host, as a JSON object by name. */
  String builtins() {
    return dumped("builtins");
  }

  /** What the module can be asked, as a JSON object by name. */
  String entrypoints() {
    return dumped("entrypoints");
  }

  /** How many pages of 64 KiB it uses. */
  int pages() {
    return memory.pages();
  }

  private String dumped(String export) {
    int text = (int) call("opa_json_dump", call(export));
    return new String(text(text, RESULT_BYTES_MAX), StandardCharsets.UTF_8);
  }

  private long call(String export, long... arguments) {
    return instance.export(export).apply(arguments)[0];
  }

  private void requireAbi() {
    long major = instance.exports().global("opa_wasm_abi_version").getValue();
    long minor = instance.exports().global("opa_wasm_abi_minor_version").getValue();
    if (major != 1 || minor < 2) {
      throw new IllegalArgumentException(
          "the policy was compiled for ABI " + major + "." + minor + ", expected 1.2 or later");
    }
  }

  private void ensure(int end) {
    int missing = end - memory.pages() * Memory.PAGE_SIZE;
    if (missing > 0 && memory.grow(Math.ceilDiv(missing, Memory.PAGE_SIZE)) < 0) {
      throw new PolicyAbortedException("its memory is used up");
    }
  }

  private byte[] text(int address, int bytesMax) {
    int length = 0;
    while (memory.read(address + length) != 0) {
      if (++length > bytesMax) {
        throw new PolicyAbortedException("what it says is over " + bytesMax + " bytes");
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
            (of, arguments) -> {
              throw new PolicyAbortedException(message((int) arguments[0]));
            }));
    functions.add(
        new HostFunction(
            "env",
            "opa_println",
            FunctionType.of(List.of(ValType.I32), List.of()),
            (of, arguments) -> new long[0]));
    for (int count = 0; count <= BUILTIN_ARGUMENTS_MAX; count++) {
      functions.add(
          new HostFunction(
              "env",
              "opa_builtin" + count,
              FunctionType.of(Collections.nCopies(count + 2, ValType.I32), List.of(ValType.I32)),
              (of, arguments) -> {
                throw new PolicyAbortedException("it asked for a function that is not there");
              }));
    }
    return ImportValues.builder()
        .withFunctions(functions)
        .addMemory(new ImportMemory("env", "memory", memory))
        .build();
  }

  private String message(int address) {
    StringBuilder message = new StringBuilder();
    for (int i = 0; i < MESSAGE_BYTES_MAX; i++) {
      byte octet = memory.read(address + i);
      if (octet == 0) {
        break;
      }
      message.append(octet >= 0x20 && octet < 0x7f ? (char) octet : '?');
    }
    return message.toString();
  }
}
