// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// The tools that the conformance suite calls by name and that ask the client nothing.
import { fromJsonSchema } from '@modelcontextprotocol/server';
import { setTimeout as pause } from 'node:timers/promises';
import { PNG, WAV } from './fixture-media.mjs';

const STEP_MS = 50;
const RECONNECTION_MS = 200;

const text = (value) => ({ type: 'text', text: value });
const image = { type: 'image', data: PNG, mimeType: 'image/png' };

const ADDRESS_SCHEMA = fromJsonSchema({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
});

const MIRRORED_SCHEMA = fromJsonSchema({
  type: 'object',
  properties: {
    region: { type: 'string', 'x-mcp-header': 'Region' },
    level: { type: 'integer', 'x-mcp-header': 'Level' },
    dry: { type: 'boolean', 'x-mcp-header': 'Dry' },
  },
});

/** `tool(name, description, config, run)` registers one; `changed(kind)` tells every listener that a list is new. */
export function conformanceTools(tool, changed) {
  const constant = (name, description, ...content) => tool(name, description, {}, () => ({ content }));

  constant('test_simple_text', 'Returns a text', text('This is a simple text response for testing.'));
  constant('test_image_content', 'Returns an image', image);
  constant('test_audio_content', 'Returns a sound', { type: 'audio', data: WAV, mimeType: 'audio/wav' });
  constant('test_embedded_resource', 'Returns a resource', {
    type: 'resource',
    resource: {
      uri: 'test://embedded-resource',
      mimeType: 'text/plain',
      text: 'This is an embedded resource content.',
    },
  });
  constant('test_multiple_content_types', 'Returns a text, an image and a resource', text('Several at once:'), image, {
    type: 'resource',
    resource: {
      uri: 'test://mixed-content-resource',
      mimeType: 'application/json',
      text: '{"test":"data","value":123}',
    },
  });

  tool('test_error_handling', 'Always throws', {}, () => {
    throw new Error('This tool intentionally returns an error for testing');
  });

  tool('test_tool_with_logging', 'Logs three times', {}, async (_args, ctx) => {
    await ctx.mcpReq.log('info', 'Tool execution started');
    await pause(STEP_MS);
    await ctx.mcpReq.log('info', 'Tool processing data');
    await pause(STEP_MS);
    await ctx.mcpReq.log('info', 'Tool execution completed');
    return { content: [text('logged')] };
  });

  tool('test_logging_tool', 'Logs, for those who asked for it', {}, async (_args, ctx) => {
    await ctx.mcpReq.log('info', 'a log of test_logging_tool');
    return { content: [text('logged where it was asked for')] };
  });

  tool('test_tool_with_progress', 'Reports 0, 50 and 100', {}, async (_args, ctx) => {
    const progressToken = ctx.mcpReq._meta?.progressToken;
    for (const progress of [0, 50, 100]) {
      if (progressToken !== undefined) {
        const params = { progressToken, progress, total: 100, message: `${progress} of 100` };
        await ctx.mcpReq.notify({ method: 'notifications/progress', params });
      }
      await pause(STEP_MS);
    }
    return { content: [text(String(progressToken))] };
  });

  tool('test_reconnection', 'Closes its stream and answers to the one who comes back', {}, async (_args, ctx) => {
    ctx.http?.closeSSE?.();
    await pause(RECONNECTION_MS);
    return { content: [text('answered after the stream was closed')] };
  });

  tool('json_schema_2020_12_tool', 'Has a schema of 2020-12', { inputSchema: ADDRESS_SCHEMA }, (args) => ({
    content: [text(JSON.stringify(args))],
  }));

  tool('test_x_mcp_header', 'Has arguments that headers repeat', { inputSchema: MIRRORED_SCHEMA }, (args) => ({
    content: [text(JSON.stringify(args))],
  }));

  for (const [name, kind] of [
    ['test_trigger_tool_change', 'tools'],
    ['test_trigger_prompt_change', 'prompts'],
  ]) {
    tool(name, `Says that the list of ${kind} changed`, {}, () => {
      changed(kind);
      return { content: [text(`${kind} changed`)] };
    });
  }
}
