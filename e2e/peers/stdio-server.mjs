// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// A tool server on standard input and output, by hand and without an SDK, so that it can misbehave. Every line it reads
// goes to the file SEEN, as {pid, line}. Environment: SEEN (required), ERA=legacy|modern|both (both unless said),
// STUBBORN=1 (outlives the end of its input and SIGTERM), FAIL=1 (ends before it answers anything).
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

const { SEEN, ERA = 'both', STUBBORN, FAIL } = process.env;
const MODERN = '2026-07-28';
const LEGACY = '2025-11-25';
const NAMES = [
  'echo', 'pid', 'environment', 'never', 'exit', 'orphan', 'garbage', 'giant', 'flood', 'progress', 'changes', 'remember', 'ask',
];
const TOOLS = NAMES.map((name) => ({ name, inputSchema: { type: 'object' } }));
const waiting = new Map();
let questions = 0;
let remembered = null;

function say(message) {
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
}

function ask(method, params) {
  const id = `q${++questions}`;
  say({ id, method, params });
  return new Promise((resolve) => waiting.set(id, resolve));
}

const text = (value) => ({ content: [{ type: 'text', text: String(value) }] });

const CALLS = {
  echo: ({ text: said = '' }) => text(said),
  pid: () => text(process.pid),
  environment: () => text(JSON.stringify({ names: Object.keys(process.env).sort(), cwd: process.cwd() })),
  never: () => new Promise(() => {}),
  exit: () => process.exit(7),
  orphan: () => text(spawn('sleep', ['600'], { stdio: 'inherit' }).pid),
  garbage: () => {
    process.stdout.write('this is no JSON\n\n{"jsonrpc":"1.0"}\n[]\n{"jsonrpc":"2.0","id":99999,"result":{}}\n');
    return text('after garbage');
  },
  giant: ({ bytes = 0 }) => text('x'.repeat(bytes)),
  flood: async () => {
    const line = `\u001b[31mflood ${process.env.API_TOKEN ?? ''} ${'y'.repeat(200)}\n`;
    for (let i = 0; i < 5000; i++) {
      if (!process.stderr.write(line)) {
        await new Promise((resolve) => process.stderr.once('drain', resolve));
      }
    }
    return text('after flood');
  },
  // With pauses: clients forget who waits for progress as soon as they have read the answer.
  progress: async (_, { _meta: { progressToken } = {} }) => {
    for (let progress = 1; progress <= 3; progress++) {
      say({ method: 'notifications/progress', params: { progressToken, progress, total: 3 } });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return text('done');
  },
  changes: () => {
    say({ method: 'notifications/tools/list_changed' });
    say({ method: 'notifications/message', params: { level: 'info', data: `to whom it may concern: ${process.pid}` } });
    return text('changed');
  },
  remember: ({ text: said }) => {
    const before = remembered;
    remembered = said ?? remembered;
    return text(before);
  },
  ask: async () => text(JSON.stringify(await ask('sampling/createMessage', { messages: [], maxTokens: 1 }))),
};

function answer({ method, params = {} }, modern) {
  const complete = modern ? { resultType: 'complete' } : {};
  const facts = { capabilities: { tools: { listChanged: true }, logging: {} } };
  const serverInfo = { name: 'stdio-fixture', version: '1' };
  switch (method) {
    case 'initialize':
      return ERA === 'modern' ? undefined : { protocolVersion: LEGACY, ...facts, serverInfo };
    case 'server/discover':
      return ERA === 'legacy'
        ? undefined
        : { ...complete, supportedVersions: [MODERN], ...facts, serverInfo, ttlMs: 0, cacheScope: 'private' };
    case 'tools/list':
      return { ...complete, tools: TOOLS, ...(modern ? { ttlMs: 0, cacheScope: 'private' } : {}) };
    case 'tools/call':
      return Object.hasOwn(CALLS, params.name)
        ? Promise.resolve(CALLS[params.name](params.arguments ?? {}, params)).then((result) => ({ ...complete, ...result }))
        : undefined;
    default:
      return undefined;
  }
}

async function take(line) {
  appendFileSync(SEEN, `${JSON.stringify({ pid: process.pid, line })}\n`);
  const message = JSON.parse(line);
  if (message.method === undefined) {
    waiting.get(message.id)?.(message.result ?? message.error);
    waiting.delete(message.id);
  } else if (message.id !== undefined) {
    const modern = message.params?._meta?.['io.modelcontextprotocol/protocolVersion'] === MODERN;
    const result = await answer(message, modern);
    say(result ? { id: message.id, result } : { id: message.id, error: { code: -32601, message: 'Method not found' } });
  }
}

if (FAIL) {
  process.stderr.write('cannot start\n');
  process.exit(3);
}
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void take(line));
if (STUBBORN) {
  process.on('SIGTERM', () => {});
  setInterval(() => {}, 1000);
} else {
  lines.on('close', () => process.exit(0));
}
