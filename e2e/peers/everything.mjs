// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// Runs server-everything on loopback and any free port; it would listen on all interfaces by itself.
// TRANSPORT=sse makes it speak HTTP+SSE.
import http from 'node:http';
const transport = process.env.TRANSPORT ?? 'streamableHttp';
const path = transport === 'sse' ? '/sse' : '/mcp';
const listen = http.Server.prototype.listen;
http.Server.prototype.listen = function (_port, ...rest) {
  const done = rest.find((argument) => typeof argument === 'function');
  return listen.call(this, 0, '127.0.0.1', () => {
    process.stdout.write(JSON.stringify({ url: `http://127.0.0.1:${this.address().port}${path}` }) + '\n');
    done?.();
  });
};
console.log = console.error;
process.stdin.on('end', () => process.exit(0)).resume();
process.argv[2] = transport;
await import('@modelcontextprotocol/server-everything/dist/index.js');
