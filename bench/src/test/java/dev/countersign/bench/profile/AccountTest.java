// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.profile;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every sample is in the area that its nearest named frame says. */
final class AccountTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          [loop tid=1];io/netty/channel/X.run;dev/countersign/gateway/call/CallLine.handle;dev/countersign/gateway/json/JsonParser.parse;java/lang/String.<init> | JSON parse
          [loop tid=1];dev/countersign/gateway/call/RecordStep.leaf;dev/countersign/audit/AuditLog.append                                                    | record: leaves made on the loop
          [audit tid=2];dev/countersign/audit/Committer.run;dev/countersign/audit/LeafEncoder.encode;java/lang/System.arraycopy                             | record: encode, chain (audit thread)
          [audit tid=2];dev/countersign/audit/Committer.run;sun/nio/ch/FileDispatcherImpl.force0;fdatasync                                                   | disk: write and sync
          [loop tid=1];io/netty/channel/epoll/AbstractEpollStreamChannel.doWrite;io/netty/channel/unix/FileDescriptor.writeAddress;__write                    | socket writes
          [loop tid=1];io/netty/channel/epoll/EpollIoHandler.run;io/netty/channel/epoll/Native.epollWait;epoll_wait                                          | waiting for events (epoll)
          [C2 CompilerThread0 tid=7];Compile::Compile                                                                                                       | JIT
          [GC Thread tid=9];x                                                                                                                               | GC and VM threads
          [what tid=9];x                                                                                                                                    | other
          """)
  void findsTheArea(String stack, String area) {
    assertThat(Account.area(stack.strip().split(";"))).isEqualTo(area);
  }

  @Test
  void sharesAreOfTheWholeCall() {
    Account account = new Account();
    account.add("[loop tid=1];dev/countersign/gateway/json/JsonParser.parse 30");
    account.add("[loop tid=2];dev/countersign/gateway/json/JsonLexer.next 10");
    account.add("[loop tid=1];dev/countersign/policy/DecisionPoint.decide 60");

    assertThat(account.of("JSON parse")).isEqualTo(40);
    assertThat(account.text(50, "µs"))
        .contains("| policy | 30.0 | 60.0 % | `DecisionPoint.decide` 60.0 % |")
        .contains(
            "| JSON parse | 20.0 | 40.0 % | `JsonParser.parse` 30.0 %, `JsonLexer.next` 10.0 % |")
        .endsWith("Threads: `[loop]` 100.0 %\n");
  }
}
