// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// Connects a real MCP client, lists tools, calls some, prints one JSON line.
// usage: node client.mjs SDK URL TOKEN NAME=ARGUMENTS-JSON...
const [sdk, url, token, ...calls] = process.argv.slice(2);
const info = { name: 'countersign-e2e', version: '1' };
const options = { requestInit: { headers: { authorization: `Bearer ${token}` } } };

async function connect() {
  if (sdk === 'v1') {
    const { Client } = await import('@modelcontextprotocol/sdk/client/index.js');
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const client = new Client(info);
    await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
    return client;
  }
  const { Client, StreamableHTTPClientTransport } = await import('@modelcontextprotocol/client');
  const mode = { 'v2-modern': { pin: '2026-07-28' }, 'v2-auto': 'auto' }[sdk];
  const client = new Client(info, mode ? { versionNegotiation: { mode } } : {});
  await client.connect(new StreamableHTTPClientTransport(new URL(url), options));
  return client;
}

const seen = { tools: [], calls: [] };
try {
  const client = await connect();
  seen.tools = (await client.listTools()).tools.map((tool) => tool.name);
  for (const call of calls) {
    const at = call.indexOf('=');
    const name = call.slice(0, at);
    const progress = [];
    try {
      const params = { name, arguments: JSON.parse(call.slice(at + 1)) };
      const watch = { onprogress: (event) => progress.push(event.progress) };
      const result = sdk === 'v1' ? await client.callTool(params, undefined, watch) : await client.callTool(params, watch);
      seen.calls.push({ name, ok: true, result, progress });
    } catch (error) {
      seen.calls.push({ name, ok: false, code: error.code ?? null, message: String(error.message) });
    }
  }
  await client.close();
} catch (error) {
  seen.error = String(error.stack ?? error);
}
console.log(JSON.stringify(seen));
process.exit(0);
