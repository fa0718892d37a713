// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.HeadBytes;
import dev.countersign.gateway.http.Header;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValidationUtil;
import io.netty.handler.codec.http.HttpScheme;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.List;
import java.util.Locale;

/**
 * What a server gets, whatever version of HTTP carries it. Can be sent anew.
 *
 * @param method POST, GET or DELETE
 * @param authority host, and port if it was given
 * @param path path of the server's endpoint
 * @param headers everything but host and length, credential included
 * @param body not changed after this was made
 */
record UpstreamRequest(
    String method, String authority, String path, List<Header> headers, byte[] body) {
  UpstreamRequest {
    headers = List.copyOf(headers);
    for (Header header : headers) {
      // Said here, where the call is, and not when a connection is there at last.
      if (HttpHeaderValidationUtil.validateToken(header.name()) >= 0 || !isValue(header.value())) {
        throw new IllegalArgumentException("not a header: " + header.name());
      }
    }
  }

  /** RFC 9110 section 5.5. */
  private static boolean isValue(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean blank = c == ' ' || c == '\t';
      if ((c < ' ' && !blank) || c == 0x7f || (blank && i == 0)) {
        return false;
      }
    }
    return true;
  }

  /** All of it, as HTTP/1.1 has it. */
  ByteBuf http1(HeadBytes writer, ByteBufAllocator buffers) {
    HeadBytes head = writer.begin(method + " " + path + " HTTP/1.1").header("host", authority);
    for (Header header : headers) {
      head.header(header.name(), header.value());
    }
    if (!method.equals("GET")) {
      head.header("content-length", body.length);
    }
    return head.end(buffers, body);
  }

  Http2Headers http2(boolean secure) {
    Http2Headers request = new DefaultHttp2Headers();
    request
        .method(method)
        .scheme(secure ? HttpScheme.HTTPS.name() : HttpScheme.HTTP.name())
        .authority(authority)
        .path(path);
    for (Header header : headers) {
      request.add(header.name().toLowerCase(Locale.ROOT), header.value());
    }
    if (!method.equals("GET")) {
      request.set(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(body.length));
    }
    return request;
  }

  /** Without headers, since one of them is the credential. */
  @Override
  public String toString() {
    return method + " " + path;
  }
}
