// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// Passes on what it gets: before a gateway it adds the token that a client does not have, behind one it stands for a server
// that comes later. All else stays as it came: `Host`, the bytes of both bodies as they arrive, and the moment when either
// side goes away. Prints {"url","control"}; POST {to, token?} to the control address says where to; ends with its input.
import http from 'node:http';
import { text } from 'node:stream/consumers';

const agent = new http.Agent({ keepAlive: false });
let target;

function forward(req, res) {
  const { to, token } = target;
  const { hostname, port, pathname } = new URL(to);
  const headers = token ? [...req.rawHeaders, 'Authorization', `Bearer ${token}`] : req.rawHeaders;
  const onward = http.request({ agent, hostname, port, path: pathname, method: req.method, headers });
  onward.on('response', (answer) => {
    res.writeHead(answer.statusCode, answer.rawHeaders);
    res.flushHeaders();
    answer.on('error', () => res.destroy());
    answer.pipe(res);
  });
  onward.on('error', () => res.destroy());
  res.on('close', () => onward.destroy());
  req.pipe(onward);
}

async function control(req, res) {
  target = JSON.parse(await text(req));
  res.end('{}');
}

const listening = (handler) =>
  new Promise((ready) => {
    const server = http.createServer(handler);
    server.listen(0, '127.0.0.1', () => ready(`http://127.0.0.1:${server.address().port}`));
  });
const url = `${await listening(forward)}/mcp`;
process.stdout.write(`${JSON.stringify({ url, control: await listening((req, res) => void control(req, res)) })}\n`);
process.on('SIGTERM', () => process.exit(0));
process.stdin.on('end', () => process.exit(0)).resume();
