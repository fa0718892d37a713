// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// A server on Node's own HTTP/2, without TLS: it answers each tools/call with the call's argument `text`,
// the number of connections so far, and after a while, so that replies overtake each other.
import http2 from 'node:http2';

let connections = 0;
const server = http2.createServer({ settings: { maxConcurrentStreams: 50 } });
server.on('session', () => connections++);
server.on('stream', (stream) => {
  const pieces = [];
  stream.on('error', () => {});
  stream.on('data', (piece) => pieces.push(piece));
  stream.on('end', () => {
    const call = JSON.parse(Buffer.concat(pieces).toString());
    const text = `${connections} ${call.params.arguments.text}`;
    const result = { resultType: 'complete', content: [{ type: 'text', text }] };
    setTimeout(() => {
      if (!stream.destroyed) {
        stream.respond({ ':status': 200, 'content-type': 'application/json' });
        stream.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, result }));
      }
    }, Math.random() * 30);
  });
});
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/mcp` }) + '\n'),
);
process.stdin.on('end', () => process.exit(0)).resume();
