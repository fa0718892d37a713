// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// The prompts and resources that the conformance suite asks for by name.
import { ResourceTemplate, acceptedContent, completable, inputRequired } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { PNG } from './fixture-media.mjs';

const CITIES = ['paris', 'park', 'party'];

const user = (content) => ({ role: 'user', content });
const text = (value) => user({ type: 'text', text: value });

export function conformancePrompts(server) {
  const prompt = (name, description, argsSchema, run) =>
    server.registerPrompt(name, { description, argsSchema: argsSchema && z.object(argsSchema) }, run);

  prompt('test_simple_prompt', 'Takes nothing', undefined, () => ({
    messages: [text('This is a simple prompt for testing.')],
  }));

  prompt(
    'test_prompt_with_arguments',
    'Takes two arguments',
    {
      arg1: completable(z.string(), (value) => CITIES.filter((city) => city.startsWith(value))),
      arg2: z.string(),
    },
    ({ arg1, arg2 }) => ({ messages: [text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)] }),
  );

  prompt('test_prompt_with_embedded_resource', 'Embeds a resource', { resourceUri: z.string() }, ({ resourceUri }) => ({
    messages: [
      user({
        type: 'resource',
        resource: { uri: resourceUri, mimeType: 'text/plain', text: 'Embedded resource content for testing.' },
      }),
      text('Please process the embedded resource above.'),
    ],
  }));

  prompt('test_prompt_with_image', 'Has an image', undefined, () => ({
    messages: [user({ type: 'image', data: PNG, mimeType: 'image/png' }), text('Please analyze the image above.')],
  }));

  server.registerPrompt('test_input_required_result_prompt', { description: 'Asks for its context' }, (ctx) => {
    const content = acceptedContent(ctx.mcpReq.inputResponses, 'user_context', z.object({ context: z.string() }));
    if (content !== undefined) {
      return { messages: [text(`Context: ${content.context}`)] };
    }
    const requestedSchema = { type: 'object', properties: { context: { type: 'string' } }, required: ['context'] };
    const question = inputRequired.elicit({ message: 'What context should the prompt use?', requestedSchema });
    return inputRequired({ inputRequests: { user_context: question } });
  });
}

export function conformanceResources(server) {
  const resource = (name, uri, mimeType, part) =>
    server.registerResource(name, uri, { mimeType, description: `The resource ${name}` }, () => ({
      contents: [{ uri, mimeType, ...part }],
    }));
  resource('static text', 'test://static-text', 'text/plain', {
    text: 'This is the content of the static text resource.',
  });
  resource('static binary', 'test://static-binary', 'image/png', { blob: PNG });
  resource('watched', 'test://watched-resource', 'text/plain', { text: 'It may change.' });

  const mimeType = 'application/json';
  server.registerResource(
    'template data',
    new ResourceTemplate('test://template/{id}/data', { list: undefined }),
    { mimeType, description: 'Data of that id' },
    (uri, { id }) => ({
      contents: [
        { uri: uri.href, mimeType, text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }) },
      ],
    }),
  );
}

/** Which resources one legacy session watches. */
export function watchedResources(server) {
  const watched = new Set();
  server.server.setRequestHandler('resources/subscribe', ({ params }) => {
    watched.add(params.uri);
    return {};
  });
  server.server.setRequestHandler('resources/unsubscribe', ({ params }) => {
    watched.delete(params.uri);
    return {};
  });
  return watched;
}
