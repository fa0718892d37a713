// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import com.sun.management.ThreadMXBean;
import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import javax.management.MBeanServerConnection;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** What a JVM says of its heap. */
final class Jvm {
  private Jvm() {}

  /** Bytes of all objects that are in use, after a full collection. */
  static long liveBytes(Child child) throws IOException, InterruptedException {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    Process process =
        new ProcessBuilder(jcmd, Long.toString(child.handle().pid()), "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    String total =
        said.lines()
            .filter(line -> line.startsWith("Total"))
            .findFirst()
            .orElseThrow(() -> new IOException("no histogram: " + said));
    return Long.parseLong(total.trim().split("\\s+")[2]);
  }

  /** Bytes that all threads, ended ones included, have allocated since the start. */
  // What answers here is a process that the bench has started.
  @SuppressWarnings("BanJNDI")
  static long allocatedBytes(Child child) throws IOException {
    try {
      VirtualMachine machine = VirtualMachine.attach(Long.toString(child.handle().pid()));
      try (JMXConnector connector =
          JMXConnectorFactory.connect(new JMXServiceURL(machine.startLocalManagementAgent()))) {
        MBeanServerConnection server = connector.getMBeanServerConnection();
        return ManagementFactory.newPlatformMXBeanProxy(
                server, ManagementFactory.THREAD_MXBEAN_NAME, ThreadMXBean.class)
            .getTotalThreadAllocatedBytes();
      } finally {
        machine.detach();
      }
    } catch (AttachNotSupportedException e) {
      throw new IOException("cannot ask " + child.handle().pid(), e);
    }
  }
}
