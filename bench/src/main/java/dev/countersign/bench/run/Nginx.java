// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Nginx with one worker: what everything is compared with. */
final class Nginx {
  private static final String PROGRAM = "/usr/sbin/nginx";

  private Nginx() {}

  /** Where one listens for HTTP/1.1 and for HTTP/2, and its process. */
  record Running(Child child, InetSocketAddress address, InetSocketAddress http2) {}

  /**
   * Installs it from the distribution when it is not there.
   *
   * @throws IOException when that cannot be done
   */
  static void install() throws IOException, InterruptedException {
    if (Files.isExecutable(Path.of(PROGRAM))) {
      return;
    }
    System.out.println("installing nginx");
    ProcessBuilder apt =
        new ProcessBuilder("apt-get", "install", "-y", "--no-install-recommends", "nginx-light")
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    apt.environment().put("DEBIAN_FRONTEND", "noninteractive");
    boolean done;
    try {
      done = apt.start().waitFor() == 0;
    } catch (IOException e) {
      done = false;
    }
    if (!done || !Files.isExecutable(Path.of(PROGRAM))) {
      throw new IOException(
          "nginx is needed to compare with, and apt-get could not install it; install it as "
              + PROGRAM
              + " and try again");
    }
  }

  static String version() throws IOException, InterruptedException {
    Process process = new ProcessBuilder(PROGRAM, "-v").redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor(5, TimeUnit.SECONDS);
    return said.replace("nginx version:", "").trim();
  }

  /** One that answers every request with the same text. */
  static Running canned(Children children, Path folder, String json)
      throws IOException, InterruptedException {
    return start(
        children,
        folder,
        "nginx-canned",
        "",
        "location / { default_type application/json; return 200 '" + json + "'; }");
  }

  /** One that passes everything on to a server. */
  static Running passThrough(Children children, Path folder, int port)
      throws IOException, InterruptedException {
    return start(
        children,
        folder,
        "nginx",
        "upstream server { server 127.0.0.1:"
            + port
            + "; keepalive 1100; keepalive_requests 1000000000; }",
        "location / { proxy_pass http://server; proxy_http_version 1.1;"
            + " proxy_set_header Connection \"\"; proxy_buffering off;"
            + " proxy_read_timeout 1h; }");
  }

  private static Running start(
      Children children, Path folder, String name, String upstream, String location)
      throws IOException, InterruptedException {
    int port = freePort();
    int http2 = freePort();
    Path settings = folder.resolve(name + ".conf");
    Files.writeString(
        settings,
        """
        worker_processes 1; worker_rlimit_nofile 16384; daemon off; pid %s.pid; error_log %s.err;
        events { worker_connections 8192; }
        http { access_log off; keepalive_requests 1000000000; keepalive_timeout 1h;
        client_body_buffer_size 256k; client_max_body_size 16m;
        client_body_temp_path %s.body; proxy_temp_path %s.proxy; fastcgi_temp_path %s.f;
        uwsgi_temp_path %s.u; scgi_temp_path %s.s;
        %s
        server { listen 127.0.0.1:%d backlog=4096; listen 127.0.0.1:%d http2;
        http2_max_concurrent_streams 1000; %s } }
        """
            .formatted(
                settings, settings, settings, settings, settings, settings, settings, upstream,
                port, http2, location));
    Child child = children.start(name, List.of(PROGRAM, "-c", settings.toString()), Map.of());
    InetSocketAddress address = Gateways.loopback(port);
    Ports.await(address);
    return new Running(child, address, Gateways.loopback(http2));
  }

  /** A loopback port that nobody listens on. */
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
