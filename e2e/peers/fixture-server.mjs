// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// An MCP server of both eras on one loopback URL, which remembers every request as it came, and answers wrongly on demand.
// FIXTURE_CERTIFICATE and FIXTURE_KEY name PEM files: then it speaks TLS, and calls itself localhost.
// Prints {"url","control"}; ends when its standard input does. The control port knows:
//   GET /calls, DELETE /calls, GET /open, POST /misbehave {mode, method?, times?, bytes?},
//   POST /change {kind: "tools"|"prompts"|"resources"} or {uri}: tells whoever listens,
//   POST /release: lets go what "hold" holds
// `mode` holds for requests (messages with an id), or for messages of `method`, until it is set to "none"; `times` ends it.
import { NodeStreamableHTTPServerTransport, localhostHostValidation, toNodeHandler, toWebRequest } from '@modelcontextprotocol/node';
import { createMcpHandler, createRequestStateCodec, isLegacyRequest } from '@modelcontextprotocol/server';
import { randomBytes, randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { watchedResources } from './fixture-content.mjs';
import { Events } from './fixture-events.mjs';
import { FAULTS } from './fixture-faults.mjs';
import { fixtureServer } from './fixture-tools.mjs';

const BODY_BYTES_MAX = 16 * 1024 * 1024;
const CALLS_MAX = 10_000;
const RETRY_MS = 500;
const SESSIONS_MAX = 1_000;
const MODERN_VERSION = 'io.modelcontextprotocol/protocolVersion';

const calls = { running: 0, cancelled: 0, release: new EventEmitter().setMaxListeners(0) };
const sessions = new Map();
const states = createRequestStateCodec({ key: randomBytes(32) });
const open = { exchanges: 0, streams: 0, cut: 0 };
let seen = [];
let fault = { mode: 'none' };

async function text(req) {
  const chunks = [];
  let size = 0;
  for await (const chunk of req) {
    size += chunk.length;
    if (size > BODY_BYTES_MAX) {
      throw new RangeError('body too large');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(body) {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function answer(res, status, value) {
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

const refuse = (res, status, code, message) =>
  answer(res, status, { jsonrpc: '2.0', id: null, error: { code, message } });

function record(req, body, message) {
  const params = message?.params;
  seen.push({
    time: Date.now(),
    verb: req.method,
    path: req.url,
    era: params?._meta?.[MODERN_VERSION] === undefined ? 'legacy' : 'modern',
    method: message?.method ?? null,
    target: params?.name ?? params?.uri ?? null,
    session: req.headers['mcp-session-id'] ?? null,
    // Pairs as they came: a map would hide a header that was sent twice.
    headers: req.rawHeaders.reduce((all, part, i) => (i % 2 ? (all.at(-1).push(part), all) : [...all, [part]]), []),
    body,
  });
  if (seen.length > CALLS_MAX) {
    seen.shift();
  }
}

function misbehaves(message, res) {
  if (fault.mode === 'none' || message?.method === undefined) {
    return false;
  }
  if (fault.method === undefined ? message.id === undefined : fault.method !== message.method) {
    return false;
  }
  const { mode, bytes = 8 * 1024 * 1024 } = fault;
  if (fault.times !== undefined && --fault.times <= 0) {
    fault = { mode: 'none' };
  }
  FAULTS[mode](res, { id: message.id, bytes });
  return true;
}

const handler = createMcpHandler(() => fixtureServer({ calls, states, changed }), { legacy: 'reject' });
const modern = toNodeHandler(handler);

/** Tells the modern listeners and every legacy session that a list is new. */
function changed(kind) {
  const { sent, told } = {
    tools: { sent: () => handler.notify.toolsChanged(), told: (server) => server.sendToolListChanged() },
    prompts: { sent: () => handler.notify.promptsChanged(), told: (server) => server.sendPromptListChanged() },
    resources: { sent: () => handler.notify.resourcesChanged(), told: (server) => server.sendResourceListChanged() },
  }[kind];
  sent();
  for (const { server } of sessions.values()) {
    told(server);
  }
}

/** Tells whoever watches a resource. */
function updated(uri) {
  handler.notify.resourceUpdated(uri);
  for (const { server, watched } of sessions.values()) {
    if (watched.has(uri)) {
      void server.server.sendResourceUpdated({ uri });
    }
  }
}

async function legacy(req, res, message) {
  const known = sessions.get(req.headers['mcp-session-id']);
  if (known !== undefined) {
    return known.transport.handleRequest(req, res, message);
  }
  if (req.headers['mcp-session-id'] !== undefined) {
    return refuse(res, 404, -32001, 'Session not found');
  }
  if (message?.method !== 'initialize' || sessions.size >= SESSIONS_MAX) {
    return refuse(res, 400, -32000, 'Bad Request: no session');
  }
  const server = fixtureServer({ calls, states, changed });
  const watched = watchedResources(server);
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    eventStore: new Events(),
    retryInterval: RETRY_MS,
    onsessioninitialized: (id) => void sessions.set(id, { transport, server, watched }),
    onsessionclosed: (id) => void sessions.delete(id),
  });
  await server.connect(transport);
  return transport.handleRequest(req, res, message);
}

async function mcp(req, res) {
  const body = await text(req);
  const message = parsed(body);
  record(req, body, message);
  if (new URL(req.url, 'http://fixture').pathname !== '/mcp') {
    return refuse(res, 404, -32000, 'Not here');
  }
  if (misbehaves(message, res)) {
    return;
  }
  if (req.method === 'POST' && message === undefined) {
    return refuse(res, 400, -32700, 'Parse error');
  }
  const probe = await toWebRequest(req, message ?? {});
  return (await isLegacyRequest(probe, message)) ? legacy(req, res, message) : modern(req, res, message);
}

async function control(req, res) {
  switch (`${req.method} ${req.url}`) {
    case 'GET /calls':
      return answer(res, 200, seen);
    case 'DELETE /calls':
      seen = [];
      return answer(res, 200, {});
    case 'GET /open':
      return answer(res, 200, { ...open, running: calls.running, cancelled: calls.cancelled, sessions: sessions.size });
    case 'POST /misbehave': {
      const wanted = parsed(await text(req));
      if (wanted?.mode !== 'none' && !Object.hasOwn(FAULTS, wanted?.mode ?? '')) {
        return answer(res, 400, { error: `unknown mode, known are: none, ${Object.keys(FAULTS).join(', ')}` });
      }
      fault = wanted;
      return answer(res, 200, {});
    }
    case 'POST /release':
      calls.release.emit('go');
      return answer(res, 200, {});
    case 'POST /change': {
      const { kind, uri } = parsed(await text(req)) ?? {};
      uri === undefined ? changed(kind) : updated(uri);
      return answer(res, 200, {});
    }
    default:
      return answer(res, 404, { error: 'unknown' });
  }
}

function counted(handler) {
  return async (req, res) => {
    open.exchanges++;
    const stream = req.method === 'GET' ? 1 : 0;
    open.streams += stream;
    res.on('close', () => {
      open.exchanges--;
      open.streams -= stream;
      open.cut += res.writableFinished ? 0 : 1;
    });
    return handler(req, res);
  };
}

function listen(handler, tls) {
  const hostIsLocal = localhostHostValidation();
  const take = (req, res) => {
    if (hostIsLocal(req, res)) {
      Promise.resolve(handler(req, res)).catch((error) => {
        console.error(error);
        res.headersSent ? res.destroy() : refuse(res, 500, -32603, 'Internal error');
      });
    }
  };
  const server = tls ? https.createServer(tls, take) : http.createServer(take);
  const origin = tls ? 'https://localhost' : 'http://127.0.0.1';
  return new Promise((ready) => {
    server.listen(0, '127.0.0.1', () => ready(`${origin}:${server.address().port}`));
  });
}

const { FIXTURE_CERTIFICATE: certificate, FIXTURE_KEY: key } = process.env;
const tls = certificate && key && { cert: readFileSync(certificate), key: readFileSync(key) };
const url = `${await listen(counted(mcp), tls)}/mcp`;
process.stdout.write(`${JSON.stringify({ url, control: await listen(control) })}\n`);
process.on('SIGTERM', () => process.exit(0));
process.stdin.on('end', () => process.exit(0)).resume();
