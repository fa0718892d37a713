// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Many connections of one thread, each of which sends the same request again as soon as it has its
 * answer: faster than a gateway in this process can work.
 */
final class Flood implements AutoCloseable {
  private static final int KEPT_MAX = 100;

  /** Answers with status 503. */
  final AtomicInteger refused = new AtomicInteger();

  /** Some of those, head and body. */
  final ConcurrentLinkedQueue<String> refusals = new ConcurrentLinkedQueue<>();

  private final byte[] request;
  private final Selector selector = Selector.open();
  private final Thread thread;
  private volatile boolean stopping;

  /**
   * Begins.
   *
   * @param request a whole HTTP/1.1 request
   */
  Flood(int port, int connections, String request) throws IOException {
    this.request = request.getBytes(StandardCharsets.US_ASCII);
    List<SocketChannel> channels = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      SocketChannel channel =
          SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      channel.configureBlocking(false);
      channel.register(selector, SelectionKey.OP_READ, ByteBuffer.allocate(16 << 10));
      channels.add(channel);
    }
    thread = Thread.ofPlatform().daemon().name("flood").start(() -> run(channels));
  }

  private void run(List<SocketChannel> channels) {
    try (selector) {
      int open = channels.size();
      for (SocketChannel channel : channels) {
        send(channel);
      }
      while (open > 0) {
        selector.select();
        for (SelectionKey key : selector.selectedKeys()) {
          if (!take(key)) {
            key.channel().close();
            open--;
          }
        }
        selector.selectedKeys().clear();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void send(SocketChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(request);
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  /** Reads what came; false when this connection has done its part. */
  private boolean take(SelectionKey key) throws IOException {
    SocketChannel channel = (SocketChannel) key.channel();
    ByteBuffer bytes = (ByteBuffer) key.attachment();
    if (channel.read(bytes) < 0) {
      return false;
    }
    String text = StandardCharsets.US_ASCII.decode(bytes.duplicate().flip()).toString();
    int body = text.indexOf("\r\n\r\n") + 4;
    if (body < 4 || text.length() < body + length(text)) {
      return true;
    }
    bytes.clear();
    if (text.startsWith("HTTP/1.1 503 ") && refused.incrementAndGet() <= KEPT_MAX) {
      refusals.add(text);
    }
    if (stopping) {
      return false;
    }
    send(channel);
    return true;
  }

  private static int length(String head) {
    int at = head.indexOf("content-length: ") + 16;
    return Integer.parseInt(head.substring(at, head.indexOf('\r', at)));
  }

  /** Ends when every answer that is due has come. */
  @Override
  public void close() {
    stopping = true;
    try {
      thread.join(Duration.ofSeconds(20));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
