// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// A real MCP client under remote control: one JSON command a line on standard input, one JSON answer a line on standard
// output with the command's `n`. Commands run side by side, so that one can abort another; ends with its input.
//   {op:"connect", url, token, transport?:"sse" (sdk v1) | command: [...], environment, sdk:"v2-modern"|"v2-auto"|"v2-legacy"|"v1", name?, answers?:{elicitation?, sampling?}}
//   listTools, callTool {name, arguments, progress?, timeoutMs?}, abort, listPrompts, getPrompt {name, arguments},
//   listResources, listResourceTemplates, readResource {uri}, ping, setToken {token},
//   received (messages the server sent of itself), wire (HTTP exchanges, without credentials), close
import { createInterface } from 'node:readline';

const KEPT_MAX = 10_000;

let client;
let sdk;
let token;
let inFlight;
const received = [];
const wire = [];

function keep(list, item) {
  list.push(item);
  if (list.length > KEPT_MAX) {
    list.shift();
  }
}

/** Puts the current token on every request, and notes what went over the wire. */
async function send(url, init) {
  const headers = new Headers(init?.headers);
  const exchange = { time: Date.now(), verb: init?.method ?? 'GET', sent: Object.fromEntries(headers), status: null, got: null };
  keep(wire, exchange);
  if (token) {
    headers.set('authorization', `Bearer ${token}`);
  }
  const response = await fetch(url, { ...init, headers });
  exchange.status = response.status;
  exchange.got = Object.fromEntries(response.headers);
  return response;
}

async function load(name) {
  if (name === 'v1') {
    const [{ Client }, { StreamableHTTPClientTransport }, { CreateMessageRequestSchema, ElicitRequestSchema }] =
      await Promise.all([
        import('@modelcontextprotocol/sdk/client/index.js'),
        import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
        import('@modelcontextprotocol/sdk/types.js'),
      ]);
    const questions = { elicitation: ElicitRequestSchema, sampling: CreateMessageRequestSchema };
    return { Client, StreamableHTTPClientTransport, options: {}, questions };
  }
  const modes = { 'v2-modern': { pin: '2026-07-28' }, 'v2-auto': 'auto', 'v2-legacy': 'legacy' };
  if (!Object.hasOwn(modes, name)) {
    throw new TypeError(`unknown sdk: ${name}`);
  }
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const questions = { elicitation: 'elicitation/create', sampling: 'sampling/createMessage' };
  return { Client, StreamableHTTPClientTransport, options: { versionNegotiation: { mode: modes[name] } }, questions };
}

/** The transport of 2024-11-05. */
async function oldTransport() {
  const { SSEClientTransport } = await import('@modelcontextprotocol/sdk/client/sse.js');
  return SSEClientTransport;
}

/** The transport to a program. */
async function pipes({ command: [program, ...args], environment: env }) {
  const { StdioClientTransport } = await import(
    sdk === 'v1' ? '@modelcontextprotocol/sdk/client/stdio.js' : '@modelcontextprotocol/client/stdio'
  );
  return new StdioClientTransport({ command: program, args, env, stderr: 'inherit' });
}

async function connect(command) {
  ({ sdk, token } = command);
  const { Client, StreamableHTTPClientTransport, options, questions } = await load(sdk);
  // A client declares what it has an answer for, and nothing else.
  const answers = Object.entries(command.answers ?? {}).filter(([kind]) => Object.hasOwn(questions, kind));
  const declared = { elicitation: { form: {}, url: {} }, sampling: {} };
  const capabilities = Object.fromEntries(answers.map(([kind]) => [kind, declared[kind]]));
  client = new Client({ name: command.name ?? 'countersign-script', version: '1' }, { ...options, capabilities });
  for (const [kind, reply] of answers) {
    client.setRequestHandler(questions[kind], ({ method, params }) => {
      keep(received, { time: Date.now(), method, params });
      return reply;
    });
  }
  client.fallbackNotificationHandler = async ({ method, params }) => keep(received, { time: Date.now(), method, params });
  client.onerror = (error) => keep(received, { time: Date.now(), error: String(error.message) });
  await client.connect(
    command.command
      ? await pipes(command)
      : new (command.transport === 'sse' ? await oldTransport() : StreamableHTTPClientTransport)(new URL(command.url), { fetch: send }),
  );
  return {
    server: client.getServerVersion() ?? null,
    version: client.getNegotiatedProtocolVersion?.() ?? client.transport.protocolVersion ?? null,
    capabilities: client.getServerCapabilities() ?? null,
    instructions: client.getInstructions() ?? null,
    session: client.transport.sessionId ?? null,
  };
}

async function callTool({ name, arguments: args = {}, progress, timeoutMs }) {
  const events = [];
  inFlight = new AbortController();
  const options = { signal: inFlight.signal };
  if (timeoutMs !== undefined) {
    options.timeout = timeoutMs;
  }
  if (progress) {
    options.onprogress = (event) => keep(events, { time: Date.now(), ...event });
  }
  const params = { name, arguments: args };
  try {
    const result = await (sdk === 'v1' ? client.callTool(params, undefined, options) : client.callTool(params, options));
    return { result, progress: events };
  } catch (error) {
    error.progress = events;
    throw error;
  }
}

const OPS = {
  connect,
  listTools: () => client.listTools(),
  callTool,
  abort: () => inFlight?.abort('aborted by the script'),
  listPrompts: () => client.listPrompts(),
  getPrompt: ({ name, arguments: args }) => client.getPrompt({ name, arguments: args }),
  listResources: () => client.listResources(),
  listResourceTemplates: () => client.listResourceTemplates(),
  readResource: ({ uri }) => client.readResource({ uri }),
  ping: () => client.ping(),
  setToken: (command) => void (token = command.token),
  received: () => received.splice(0),
  wire: () => wire.splice(0),
  close: async ({ deleteSession = true }) => {
    // The modern transport has no session to end.
    if (deleteSession && client.transport?.sessionId) {
      await client.transport.terminateSession();
    }
    await client.close();
  },
};

function failure(error) {
  // The v1 SDK puts the HTTP status into `code`.
  const status = error.status ?? error.data?.status ?? (error.code >= 100 ? error.code : null);
  return {
    name: error.constructor?.name ?? 'Error',
    code: error.code ?? null,
    message: String(error.message ?? error),
    data: error.data ?? null,
    status: status ?? null,
  };
}

function say(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function run(command) {
  const { n = null, op } = command;
  try {
    if (!Object.hasOwn(OPS, op)) {
      throw new TypeError(`unknown op: ${op}`);
    }
    say({ n, ok: true, value: (await OPS[op](command)) ?? null });
  } catch (error) {
    say({ n, ok: false, error: failure(error), progress: error?.progress ?? [] });
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => void run(JSON.parse(line)));
lines.on('close', () => process.exit(0));
process.on('SIGTERM', () => process.exit(0));
