// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ServerSocketFactory;
import org.jspecify.annotations.Nullable;

/** A server that does on each connection what it is told, byte for byte. */
final class ScriptedServer implements AutoCloseable {
  static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  /** What happens on one connection; the socket is closed afterwards. */
  interface Script {
    void on(Peer peer) throws IOException;
  }

  /** Bodies of the requests that came whole, in order. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  /** Connections that were accepted. */
  final AtomicInteger connections = new AtomicInteger();

  /** Connections whose other side has closed, or broken, them. */
  final AtomicInteger left = new AtomicInteger();

  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final ServerSocket listening;
  private final Script script;

  ScriptedServer(Script script) throws IOException {
    this(ServerSocketFactory.getDefault(), script);
  }

  ScriptedServer(ServerSocketFactory sockets, Script script) throws IOException {
    this.script = script;
    listening = sockets.createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::accept);
  }

  /** Answers every request on every connection alike. */
  static Script answering(String answer) {
    return peer -> {
      while (peer.request() != null) {
        peer.send(answer);
      }
    };
  }

  int port() {
    return listening.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listening.accept();
        open.add(socket);
        connections.incrementAndGet();
        Thread.ofPlatform().daemon().start(() -> serve(socket));
      }
    } catch (IOException closed) {
      open.forEach(ScriptedServer::close);
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      script.on(new Peer(socket));
    } catch (IOException broken) {
      left.incrementAndGet();
    } finally {
      open.remove(socket);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws IOException {
    listening.close();
    open.forEach(ScriptedServer::close);
  }

  /** The server's end of one connection. */
  final class Peer {
    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    Peer(Socket socket) throws IOException {
      this.socket = socket;
      socket.setTcpNoDelay(true);
      in = socket.getInputStream();
      out = socket.getOutputStream();
    }

    /** Reads a request with a length and returns its body; null when the other side has left. */
    @Nullable String request() throws IOException {
      ByteArrayOutputStream head = new ByteArrayOutputStream();
      while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
        int b = in.read();
        if (b < 0) {
          left.incrementAndGet();
          return null;
        }
        head.write(b);
      }
      String text = head.toString(StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
      int at = text.indexOf("content-length: ");
      int length = at < 0 ? 0 : Integer.parseInt(text.substring(at + 16, text.indexOf('\r', at)));
      String body = new String(in.readNBytes(length), StandardCharsets.ISO_8859_1);
      requests.add(body);
      return body;
    }

    void send(String text) throws IOException {
      send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    void send(byte[] bytes) throws IOException {
      out.write(bytes);
      out.flush();
    }

    /** Breaks the connection, so that the other side gets a reset and no end. */
    void reset() throws IOException {
      socket.setSoLinger(true, 0);
      socket.close();
    }

    /** Reads this many bytes, and nothing more of what has come. */
    String some(int bytes) throws IOException {
      return new String(in.readNBytes(bytes), StandardCharsets.ISO_8859_1);
    }

    /** Notes a request that was read in another way. */
    void took(String body) {
      requests.add(body);
    }

    /** Sends an end, and reads on. */
    void halfClose() throws IOException {
      socket.shutdownOutput();
    }

    /** Reads and drops until the other side has left. */
    void untilLeft() throws IOException {
      in.transferTo(OutputStream.nullOutputStream());
      left.incrementAndGet();
    }
  }
}
