// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// The client that the conformance suite tests: `suite-client.mjs [RELAY GATEWAY TOKEN] URL`. With three more arguments it
// goes through a gateway whose server is a relay: the relay's control address is told the suite's URL first.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';

const MODERN = '2026-07-28';
const scenario = process.env.MCP_CONFORMANCE_SCENARIO;
const isModern = process.env.MCP_CONFORMANCE_PROTOCOL_VERSION === MODERN;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT || '{}');
const [relay, gateway, token] = process.argv.length > 3 ? process.argv.slice(2, 5) : [];
const url = process.argv.at(-1);

/** Answers `server/discover` itself, for the suite's servers that do not know it although they are modern. */
async function discovering(input, init) {
  const message = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
  if (message?.method !== 'server/discover') {
    return fetch(input, init);
  }
  const result = {
    supportedVersions: [MODERN],
    capabilities: { tools: {}, prompts: {}, resources: {} },
    resultType: 'complete',
    ttlMs: 0,
    cacheScope: 'private',
    _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'suite', version: '1' } },
  };
  return Response.json({ jsonrpc: '2.0', id: message.id, result });
}

async function connected({ capabilities = {}, handlers = {}, send } = {}) {
  const versionNegotiation = isModern ? { mode: 'auto' } : undefined;
  const client = new Client({ name: 'countersign-suite-client', version: '1' }, { capabilities, versionNegotiation });
  for (const [method, handler] of Object.entries(handlers)) {
    client.setRequestHandler(method, handler);
  }
  const requestInit = token && { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(gateway ?? url), { fetch: send, requestInit }));
  return client;
}

const call = (client, name, args = {}) => client.callTool({ name, arguments: args });
const refused = (error) => console.error(`refused: ${error.message}`);

/** What the client does in each scenario. */
const SCENARIOS = {
  tools_call: async () => {
    const client = await connected();
    await client.listTools();
    await call(client, 'add_numbers', { a: 5, b: 3 });
    return client;
  },
  'request-metadata': () => connected({ capabilities: { roots: { listChanged: true }, sampling: {}, elicitation: {} } }),
  'http-standard-headers': async () => {
    const client = await connected({ send: discovering });
    await call(client, (await client.listTools()).tools[0].name);
    await client.readResource({ uri: (await client.listResources()).resources[0].uri });
    await client.getPrompt({ name: (await client.listPrompts()).prompts[0].name, arguments: {} });
    return client;
  },
  'http-custom-headers': async () => {
    const client = await connected({ send: discovering });
    await client.listTools();
    for (const { name, arguments: args } of context.toolCalls) {
      await call(client, name, args);
    }
    return client;
  },
  'http-invalid-tool-headers': async () => {
    const client = await connected({ send: discovering });
    for (const { name } of (await client.listTools()).tools) {
      await call(client, name, { region: 'us-west1' }).catch(refused);
    }
    return client;
  },
  'sep-2322-client-request-state': async () => {
    const accept = () => ({ action: 'accept', content: { confirmed: true } });
    const client = await connected({
      capabilities: { elicitation: {} },
      handlers: { 'elicitation/create': accept },
      send: discovering,
    });
    for (const name of ['echo_state', 'no_state', 'unrelated', 'no_result_type']) {
      await call(client, `test_mrtr_${name}`).catch(refused);
    }
    return client;
  },
  'json-schema-2020-12-preservation': async () => {
    const client = await connected();
    const { tools } = await client.listTools();
    const { inputSchema } = tools.find(({ name }) => name === 'json_schema_2020_12_tool');
    await call(client, 'json_schema_echo', { schema: inputSchema });
    return client;
  },
  'json-schema-ref-no-deref': async () => {
    const client = await connected();
    await client.listTools();
    return client;
  },
  'sse-retry': async () => {
    const client = await connected();
    await client.listTools();
    await call(client, 'test_reconnection');
    return client;
  },
  'elicitation-sep1034-client-defaults': async () => {
    const client = await connected({
      capabilities: { elicitation: { form: { applyDefaults: true } } },
      handlers: { 'elicitation/create': () => ({ action: 'accept', content: {} }) },
    });
    await client.listTools();
    await call(client, 'test_client_elicitation_defaults');
    return client;
  },
};

if (relay) {
  await fetch(relay, { method: 'POST', body: JSON.stringify({ to: url }) });
}
const client = await SCENARIOS[scenario]();
await client.close();
