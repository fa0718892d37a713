// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A port on the command line: 0, for any free one, to 65535. */
final class PortType implements ITypeConverter<Integer> {
  private static final int PORT_MAX = 65_535;

  @Override
  public Integer convert(String text) {
    if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) > PORT_MAX) {
      throw new TypeConversionException("expected a port from 0 to 65535, found: " + text);
    }
    return Integer.parseInt(text);
  }
}
