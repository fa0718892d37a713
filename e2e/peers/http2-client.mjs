// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// Node's own HTTP/2 client with prior knowledge, without TLS: on one connection it makes that many calls of a tool at
// once, some of them cancelled, and says what came back.
// Arguments: origin, path, token, tool, calls. Output: a JSON line {answers: {id: text}, cancelled, connections}.
import http2 from 'node:http2';

const [origin, path, token, tool, calls] = process.argv.slice(2);
const session = http2.connect(origin);
const meta = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientCapabilities': {},
};

function call(id) {
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2026-07-28',
    'mcp-method': 'tools/call',
    'mcp-name': tool,
  });
  const cancels = id % 5 === 4;
  return new Promise((resolve, reject) => {
    const pieces = [];
    stream.on('error', (error) => (cancels ? resolve(null) : reject(error)));
    stream.on('data', (piece) => pieces.push(piece));
    stream.on('end', () => resolve(cancels ? null : Buffer.concat(pieces).toString()));
    const params = { name: tool, arguments: { text: `call ${id}` }, _meta: meta };
    stream.end(JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params }), () => {
      if (cancels) {
        stream.close(http2.constants.NGHTTP2_CANCEL);
        resolve(null);
      }
    });
  });
}

const said = await Promise.all(Array.from({ length: Number(calls) }, (_, id) => call(id)));
const answers = {};
said.forEach((text, id) => text !== null && (answers[id] = text));
process.stdout.write(JSON.stringify({ answers, cancelled: said.filter((text) => text === null).length }) + '\n');
session.close();
