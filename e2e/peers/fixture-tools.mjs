// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// What the fixture server offers. One definition serves both eras: the SDK turns an `input_required`
// result into requests on the stream where the caller speaks 2025-11-25.
import { McpServer, ResourceNotFoundError, ResourceTemplate, inputRequired } from '@modelcontextprotocol/server';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { conformanceTools } from './fixture-conformance.mjs';
import { conformancePrompts, conformanceResources } from './fixture-content.mjs';
import { questionTools } from './fixture-questions.mjs';

const BIG_BYTES_MAX = 64 * 1024 * 1024;
const NOTHING = z.object({});
const NOTES = { 1: 'Buy milk.', 2: 'Call the bank.' };

const text = (value) => ({ content: [{ type: 'text', text: value }] });
const note = (id) => NOTES[id] ?? `note ${id}`;

/**
 * A server for one request (2026-07-28) or one session (2025-11-25).
 * `calls` counts what is going on: `running` now, `cancelled` so far; its `release` lets held ones go. `states` seals what callers must bring back;
 * `changed(kind)` tells whoever listens that a list is new.
 */
export function fixtureServer({ calls, states, changed }) {
  const server = new McpServer(
    { name: 'fixture', version: '1' },
    {
      instructions: 'A server for tests.',
      capabilities: {
        logging: {},
        tools: { listChanged: true },
        prompts: { listChanged: true },
        resources: { listChanged: true, subscribe: true },
      },
      cacheHints: { 'tools/list': { ttlMs: 1000, cacheScope: 'public' } },
      requestState: { verify: states.verify },
    },
  );

  const tool = (name, description, config, run) =>
    server.registerTool(name, { description, inputSchema: NOTHING, ...config }, async (args, ctx) => {
      calls.running++;
      const cancelled = () => calls.cancelled++;
      ctx.mcpReq.signal.addEventListener('abort', cancelled, { once: true });
      try {
        return await run(args, ctx);
      } finally {
        ctx.mcpReq.signal.removeEventListener('abort', cancelled);
        calls.running--;
      }
    });
  const readOnly = { annotations: { readOnlyHint: true } };

  tool('echo', 'Returns its arguments', { inputSchema: z.looseObject({}), ...readOnly }, (args) =>
    text(JSON.stringify(args)),
  );

  tool(
    'add',
    'Adds two numbers',
    {
      inputSchema: z.object({ a: z.number(), b: z.number() }),
      outputSchema: z.object({ sum: z.number() }),
      ...readOnly,
    },
    ({ a, b }) => ({ ...text(String(a + b)), structuredContent: { sum: a + b } }),
  );

  tool(
    'slow',
    'Takes its time, with three reports of progress',
    { inputSchema: z.object({ ms: z.number().int().min(0).max(600_000) }) },
    async ({ ms }, ctx) => {
      const progressToken = ctx.mcpReq._meta?.progressToken;
      for (let progress = 1; progress <= 3; progress++) {
        await pause(ms / 3, undefined, { signal: ctx.mcpReq.signal });
        if (progressToken !== undefined) {
          const params = { progressToken, progress, total: 3, message: `step ${progress}` };
          await ctx.mcpReq.notify({ method: 'notifications/progress', params });
        }
      }
      return text(`took ${ms} ms, until ${Date.now()}`);
    },
  );

  tool('hold', 'Reports progress once, and waits to be let go', {}, async (_args, ctx) => {
    const { signal, _meta } = ctx.mcpReq;
    if (_meta?.progressToken !== undefined) {
      const params = { progressToken: _meta.progressToken, progress: 1 };
      await ctx.mcpReq.notify({ method: 'notifications/progress', params });
    }
    await once(calls.release, 'go', { signal });
    return text('let go');
  });

  tool('read_note', 'Reads a note', { inputSchema: z.object({ id: z.string() }), ...readOnly }, ({ id }) =>
    text(note(id)),
  );

  tool(
    'delete_note',
    'Claims to delete a note',
    { inputSchema: z.object({ id: z.string() }), annotations: { destructiveHint: true } },
    ({ id }) => text(`deleted ${id}`),
  );

  tool('fail', 'Always fails', {}, () => ({ ...text('it failed'), isError: true }));

  tool(
    'big',
    'Returns a text of that size',
    { inputSchema: z.object({ bytes: z.number().int().min(0).max(BIG_BYTES_MAX) }), ...readOnly },
    ({ bytes }) => text('x'.repeat(bytes)),
  );

  tool(
    'ask',
    'Asks the client: elicitation (default) or sampling',
    { inputSchema: z.object({ by: z.enum(['elicitation', 'sampling']).default('elicitation') }) },
    async ({ by }, ctx) => {
      const answer = ctx.mcpReq.inputResponses?.answer;
      if (answer !== undefined) {
        return text(JSON.stringify(answer));
      }
      const question =
        by === 'sampling'
          ? inputRequired.createMessage({
              messages: [{ role: 'user', content: { type: 'text', text: 'Say something.' } }],
              maxTokens: 64,
            })
          : inputRequired.elicit({ message: 'Go on?', requestedSchema: z.object({ confirm: z.boolean() }) });
      return inputRequired({ inputRequests: { answer: question }, requestState: await states.mint({ by }, ctx) });
    },
  );

  tool('headers', 'Returns the HTTP headers this call came with', readOnly, (_args, ctx) =>
    text(JSON.stringify(Object.fromEntries(ctx.http?.req?.headers ?? []))),
  );

  tool(
    'notify',
    'Logs at info level, that many times',
    { inputSchema: z.object({ count: z.number().int().min(0).max(1000).default(1) }) },
    async ({ count }, ctx) => {
      for (let i = 1; i <= count; i++) {
        await ctx.mcpReq.log('info', `log ${i}`, 'fixture');
      }
      return text(`logged ${count}`);
    },
  );

  server.registerPrompt(
    'greeting',
    { description: 'Greets someone', argsSchema: z.object({ name: z.string() }) },
    ({ name }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}.` } }] }),
  );

  const contents = (uri, id) => ({ contents: [{ uri: uri.href, mimeType: 'text/plain', text: note(id) }] });
  for (const id of Object.keys(NOTES)) {
    const uri = `note:///${id}`;
    server.registerResource(`note ${id}`, uri, { mimeType: 'text/plain' }, () => contents(new URL(uri), id));
  }
  server.registerResource(
    'archived note',
    new ResourceTemplate('note:///archive/{id}', { list: undefined }),
    { mimeType: 'text/plain' },
    (uri, { id }) => {
      if (!/^[0-9]+$/.test(id)) {
        throw new ResourceNotFoundError(uri.href);
      }
      return contents(uri, id);
    },
  );
  conformanceTools(tool, changed);
  questionTools(tool, states, () => server.server.getClientCapabilities());
  conformancePrompts(server);
  conformanceResources(server);
  return server;
}
