// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// The tools that ask the client something before they answer. Each is written once: the SDK sends an `input_required`
// result to a caller of 2026-07-28, and puts the same questions as requests on the stream to one of 2025-11-25.
import { acceptedContent, inputRequired, inputResponse } from '@modelcontextprotocol/server';
import { randomUUID } from 'node:crypto';
import { z } from 'zod';

const CAPABILITIES = 'io.modelcontextprotocol/clientCapabilities';

const text = (value) => ({ content: [{ type: 'text', text: value }] });
const form = (message, properties, required = Object.keys(properties)) =>
  inputRequired.elicit({ message, requestedSchema: { type: 'object', properties, required } });
const sample = (prompt, maxTokens = 100) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text: prompt } }], maxTokens });
const string = { type: 'string' };

const DEFAULTS = {
  name: { type: 'string', default: 'John Doe' },
  age: { type: 'integer', default: 30 },
  score: { type: 'number', default: 95.5 },
  status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
  verified: { type: 'boolean', default: true },
};

const titled = (kind) => [1, 2, 3].map((n) => ({ const: `value${n}`, title: `${kind} ${n}` }));
const ENUMS = {
  untitledSingle: { type: 'string', enum: ['option1', 'option2', 'option3'] },
  titledSingle: { type: 'string', oneOf: titled('Option') },
  legacyEnum: { type: 'string', enum: ['opt1', 'opt2', 'opt3'], enumNames: ['Option One', 'Option Two', 'Option Three'] },
  untitledMulti: { type: 'array', items: { type: 'string', enum: ['option1', 'option2', 'option3'] } },
  titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
};

const answers = (ctx) => ctx.mcpReq.inputResponses;
const hasAll = (ctx, keys) => keys.every((key) => inputResponse(answers(ctx), key).kind !== 'missing');

/** Asks for one form, and tells how it was answered. */
function forms(tool) {
  const asks = (name, description, config, question) =>
    tool(name, description, config, (args, ctx) => {
      const answer = inputResponse(answers(ctx), 'answer');
      return answer.kind === 'elicit'
        ? text(`Elicitation completed: action=${answer.action}, content=${JSON.stringify(answer.content ?? {})}`)
        : inputRequired({ inputRequests: { answer: question(args) } });
    });
  asks('test_elicitation', 'Asks for a name', { inputSchema: z.object({ message: z.string() }) }, ({ message }) =>
    form(message, { username: string, email: string }),
  );
  asks('test_elicitation_sep1034_defaults', 'Asks with defaults', {}, () => form('Please review', DEFAULTS, []));
  asks('test_elicitation_sep1330_enums', 'Asks with every kind of choice', {}, () => form('Please choose', ENUMS, []));
  asks('test_streaming_elicitation', 'Asks on the way to its answer', {}, () => form('Go on?', { ok: { type: 'boolean' } }));
}

/** Asks for what a model says. */
function samples(tool) {
  const asks = (name, description, config, prompt) =>
    tool(name, description, config, (args, ctx) => {
      const answer = inputResponse(answers(ctx), 'answer');
      return answer.kind === 'sampling'
        ? text(`LLM response: ${answer.result.content.text}`)
        : inputRequired({ inputRequests: { answer: sample(prompt(args)) } });
    });
  asks('test_sampling', 'Asks a model', { inputSchema: z.object({ prompt: z.string() }) }, ({ prompt }) => prompt);
  asks('test_missing_capability', 'Cannot do without a model', {}, () => 'Say pong.');
}

/** Asks once, without a state. */
function singleRounds(tool) {
  const asks = (kind, description, key, question, answered) =>
    tool(`test_input_required_result_${kind}`, description, {}, (_args, ctx) => {
      const done = answered(answers(ctx), key);
      return done === undefined ? inputRequired({ inputRequests: { [key]: question() } }) : text(done);
    });
  asks('elicitation', 'Asks for a name', 'user_name', () => form('What is your name?', { name: string }), (all, key) => {
    const content = acceptedContent(all, key, z.object({ name: z.string() }));
    return content && `Hello, ${content.name}!`;
  });
  asks('sampling', 'Asks for a capital', 'capital_question', () => sample('What is the capital of France?'), (all, key) => {
    const answer = inputResponse(all, key);
    return answer.kind === 'sampling' ? `It said: ${answer.result.content.text}` : undefined;
  });
  asks('list_roots', 'Asks for roots', 'client_roots', () => inputRequired.listRoots(), (all, key) => {
    const answer = inputResponse(all, key);
    return answer.kind === 'roots' ? `Roots: ${answer.roots.map(({ uri }) => uri).join(' ')}` : undefined;
  });
}

/** Asks with a state that must come back as it was given. */
function withState(tool, states) {
  const state = (ctx, value) => states.mint({ ...value, nonce: randomUUID() }, ctx);
  const confirm = () => ({ confirm: form('Please confirm', { ok: { type: 'boolean' } }) });

  for (const kind of ['request_state', 'tampered_state']) {
    tool(`test_input_required_result_${kind}`, 'Asks, and proves its state', {}, async (_args, ctx) =>
      ctx.mcpReq.requestState()?.kind === kind && acceptedContent(answers(ctx), 'confirm') !== undefined
        ? text('state-ok')
        : inputRequired({ inputRequests: confirm(), requestState: await state(ctx, { kind }) }),
    );
  }

  tool('test_input_required_result_multiple_inputs', 'Asks for three things at once', {}, async (_args, ctx) => {
    if (hasAll(ctx, ['user_name', 'greeting', 'client_roots'])) {
      return text('all three came');
    }
    const inputRequests = {
      user_name: form('What is your name?', { name: string }),
      greeting: sample('Generate a greeting', 50),
      client_roots: inputRequired.listRoots(),
    };
    return inputRequired({ inputRequests, requestState: await state(ctx, { kind: 'multiple_inputs' }) });
  });

  tool('test_input_required_result_multi_round', 'Asks twice', {}, async (_args, ctx) => {
    const before = ctx.mcpReq.requestState();
    const name = acceptedContent(answers(ctx), 'step1')?.name;
    const color = acceptedContent(answers(ctx), 'step2')?.color;
    if (before?.round === 2 && color !== undefined) {
      return text(`${before.name} likes ${color}`);
    }
    if (before?.round === 1 && name !== undefined) {
      const step2 = form('Step 2: What is your favorite color?', { color: string });
      return inputRequired({ inputRequests: { step2 }, requestState: await state(ctx, { round: 2, name }) });
    }
    const step1 = form('Step 1: What is your name?', { name: string });
    return inputRequired({ inputRequests: { step1 }, requestState: await state(ctx, { round: 1 }) });
  });
}

function asDeclared(tool, declared) {
  tool('test_input_required_result_capabilities', 'Asks whatever the client can be asked', {}, (_args, ctx) => {
    const can = ctx.mcpReq._meta?.[CAPABILITIES] ?? declared() ?? {};
    const all = {
      user_name: can.elicitation && form('What is your name?', { name: string }),
      greeting: can.sampling && sample('Generate a greeting'),
      client_roots: can.roots && inputRequired.listRoots(),
    };
    const inputRequests = Object.fromEntries(Object.entries(all).filter(([, question]) => question));
    const keys = Object.keys(inputRequests);
    return keys.length === 0 || hasAll(ctx, keys) ? text(`answered: ${keys.join(' ')}`) : inputRequired({ inputRequests });
  });
}

/**
 * `tool(name, description, config, run)` registers one, `states` seals what must come back, and `declared()` are a
 * session's capabilities.
 */
export function questionTools(tool, states, declared) {
  forms(tool);
  samples(tool);
  singleRounds(tool);
  withState(tool, states);
  asDeclared(tool, declared);
}
