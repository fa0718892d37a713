// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the build made of the shipped policy. */
final class ShippedCodeTest {
  /**
   * HotSpot never compiles a longer method ({@code HugeMethodLimit}): it is interpreted for ever.
   */
  private static final int METHOD_BYTES_MAX = 8_000;

  /** A larger policy has more function groups; then the next one belongs here, too. */
  private static final List<String> CLASSES =
      List.of(
          "ShippedCodeMachine",
          "ShippedCodeMachineFuncGroup_0",
          "ShippedCodeMachineMachineCall",
          "ShippedCodeMachineShaded");

  @Test
  void everyMethodIsShortEnoughForTheJustInTimeCompiler() throws IOException {
    List<String> tooLong = new ArrayList<>();
    for (String name : CLASSES) {
      for (MethodModel method : parse(name).methods()) {
        int length =
            method.findAttribute(Attributes.code()).map(code -> code.codeLength()).orElse(0);
        if (length > METHOD_BYTES_MAX) {
          tooLong.add(name + "." + method.methodName().stringValue() + ": " + length);
        }
      }
    }
    assertThat(tooLong).isEmpty();
    assertThat(ShippedCodeTest.class.getResource("ShippedCodeMachineFuncGroup_1.class")).isNull();
  }

  private static ClassModel parse(String name) throws IOException {
    try (InputStream in = ShippedCodeTest.class.getResourceAsStream(name + ".class")) {
      assertThat(in).as(name).isNotNull();
      return ClassFile.of().parse(in.readAllBytes());
    }
  }
}
