// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// Answers that no correct server gives, written on the raw response before the SDK sees the request.
const json = (res, body) => res.writeHead(200, { 'content-type': 'application/json' }).end(body);
const content = (value) => `"content":[{"type":"text","text":"${value}"}]`;
const result = (id, members) => `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":{${members}}}`;
const complete = '"resultType":"complete"';

/** Name → writer of an answer to a request with that id. */
export const FAULTS = {
  'duplicate-keys': (res, { id }) => json(res, result(id, `${complete},${content('first')},${content('second')}`)),
  'wrong-id': (res, { id }) => json(res, result(`not-${id}`, `${complete},${content('for someone else')}`)),
  html: (res) => res.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>'),
  'status-500': (res) => res.writeHead(500, { 'content-type': 'text/plain' }).end('at Fixture.answer(secret.js:1)'),
  hang: () => {},
  truncate: (res, { id }) => {
    const body = result(id, `${complete},${content('never whole')}`);
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    res.write(body.slice(0, body.length / 2), () => res.destroy());
  },
  'giant-event': (res, { id, bytes }) => {
    res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    res.end(`event: message\ndata: ${result(id, `${complete},${content('x'.repeat(bytes))}`)}\n\n`);
  },
  // The head and one comment, then silence.
  'hang-in-stream': (res) => res.writeHead(200, { 'content-type': 'text/event-stream' }).write(': soon\n\n'),
  reset: (res) => res.socket.resetAndDestroy(),
  garbage: (res) => res.socket.end('SSH-2.0-not-http\r\n\r\n'),
  'garbage-json': (res) => json(res, '{"jsonrpc":"2.0","id":'),
  challenge: (res) =>
    res
      .writeHead(401, { 'www-authenticate': 'Bearer realm="fixture-realm"', 'content-type': 'application/json' })
      .end('{"error":"fixture-challenge"}'),
  redirect: (res) => res.writeHead(307, { location: '/elsewhere' }).end(),
};
