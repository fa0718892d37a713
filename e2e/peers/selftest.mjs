// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
// Runs the scripted client against the fixture server, and against server-everything, with nothing in between.
// Prints a table; a failure here is a fault of the peers and not of a gateway.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const WAIT_MS = 20_000;
const SDKS = ['v2-modern', 'v2-auto', 'v2-legacy', 'v1'];
const folder = import.meta.dirname ?? new URL('.', import.meta.url).pathname;

/** A peer process that speaks lines of JSON. */
function peer(file) {
  const child = spawn(process.execPath, [file], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const late = () => new Promise((_, fail) => setTimeout(() => fail(new Error(`${file} is silent`)), WAIT_MS).unref());
  const read = async () => JSON.parse((await Promise.race([lines.next(), late()])).value);
  const closed = new Promise((done) => child.once('exit', done));
  return { child, read, write: (line) => child.stdin.write(`${JSON.stringify(line)}\n`), stop: () => (child.stdin.end(), closed) };
}

function script() {
  const process = peer('script.mjs');
  const waiting = new Map();
  let next = 1;
  const send = (op, rest = {}) =>
    new Promise((done, fail) => {
      const n = next++;
      waiting.set(n, done);
      setTimeout(() => fail(new Error(`no answer to ${op}`)), WAIT_MS).unref();
      process.write({ n, op, ...rest });
      process.read().then((answer) => waiting.get(answer.n)(answer), fail);
    });
  const value = async (op, rest) => {
    const answer = await send(op, rest);
    assert.ok(answer.ok, JSON.stringify(answer));
    return answer.value;
  };
  const call = (name, args, rest) => value('callTool', { name, arguments: args, ...rest });
  return { send, value, call, stop: process.stop };
}

async function until(what, read, good) {
  for (const end = Date.now() + WAIT_MS; Date.now() < end; ) {
    const value = await read();
    if (good(value)) {
      return value;
    }
  }
  throw new Error(`never happened: ${what}`);
}

const rows = [];
async function step(sdk, name, run) {
  const start = performance.now();
  try {
    await run();
    rows.push({ sdk, step: name, ok: true, ms: Math.round(performance.now() - start) });
  } catch (error) {
    rows.push({ sdk, step: name, ok: false, why: String(error.message).slice(0, 160) });
  }
}

const textOf = ({ result }) => result.content[0].text;

async function againstFixture(sdk, fixture) {
  const control = async (path, init) => (await fetch(fixture.control + path, init)).json();
  const misbehave = (fault) => control('/misbehave', { method: 'POST', body: JSON.stringify(fault) });
  const open = () => control('/open');
  const modern = sdk === 'v2-modern' || sdk === 'v2-auto';
  const answers = {
    elicitation: { action: 'accept', content: { confirm: true } },
    sampling: { role: 'assistant', model: 'none', content: { type: 'text', text: 'something' } },
  };
  await control('/calls', { method: 'DELETE' });
  const client = script();
  await step(sdk, 'connect', async () => {
    const { version, session } = await client.value('connect', { url: fixture.url, token: 'secret', sdk, answers });
    assert.equal(version, modern ? '2026-07-28' : '2025-11-25');
    assert.equal(session === null, modern);
  });
  await step(sdk, 'lists', async () => {
    const names = (list) => list.map(({ name }) => name);
    const tools = names((await client.value('listTools')).tools);
    assert.ok(['echo', 'add', 'slow', 'read_note', 'fail', 'ask', 'test_simple_text'].every((name) => tools.includes(name)));
    assert.equal((await client.value('listPrompts')).prompts[0].name, 'greeting');
    assert.ok(names((await client.value('listResources')).resources).includes('note 1'));
    assert.ok(names((await client.value('listResourceTemplates')).resourceTemplates).includes('archived note'));
  });
  await step(sdk, 'simple tools', async () => {
    assert.equal(textOf(await client.call('echo', { a: [1] })), '{"a":[1]}');
    assert.deepEqual((await client.call('add', { a: 1, b: 2 })).result.structuredContent, { sum: 3 });
    assert.equal(textOf(await client.call('read_note', { id: '1' })), 'Buy milk.');
    assert.equal((await client.call('fail')).result.isError, true);
    assert.equal(textOf(await client.call('big', { bytes: 1_000_000 })).length, 1_000_000);
    assert.equal((await client.send('callTool', { name: 'absent' })).error.code, -32602);
  });
  await step(sdk, 'prompt, resources', async () => {
    const { messages } = await client.value('getPrompt', { name: 'greeting', arguments: { name: 'Ada' } });
    assert.equal(messages[0].content.text, 'Greet Ada.');
    assert.equal((await client.value('readResource', { uri: 'note:///2' })).contents[0].text, 'Call the bank.');
    assert.equal((await client.value('readResource', { uri: 'note:///archive/7' })).contents[0].text, 'note 7');
    assert.ok(!(await client.send('readResource', { uri: 'note:///9' })).ok);
  });
  await step(sdk, 'progress arrives as it is made', async () => {
    const { progress } = await client.call('slow', { ms: 300 }, { progress: true });
    assert.deepEqual(progress.map((event) => event.progress), [1, 2, 3]);
    assert.ok(progress[2].time - progress[0].time >= 100, 'all at once');
  });
  await step(sdk, 'abort reaches the server', async () => {
    const { cancelled } = await open();
    const call = client.send('callTool', { name: 'slow', arguments: { ms: 60_000 } });
    await until('the call runs', open, ({ running }) => running > 0);
    await client.value('abort');
    assert.ok(!(await call).ok);
    await until('the call ends', open, (now) => now.running === 0 && now.cancelled === cancelled + 1);
  });
  await step(sdk, 'timeout', async () => {
    const answer = await client.send('callTool', { name: 'slow', arguments: { ms: 60_000 }, timeoutMs: 200 });
    assert.match(answer.error.message, /timed out/i);
    await until('the call ends', open, ({ running }) => running === 0);
  });
  for (const by of ['elicitation', 'sampling']) {
    await step(sdk, `server asks by ${by}`, async () => {
      assert.deepEqual(JSON.parse(textOf(await client.call('ask', { by }))), answers[by]);
      assert.equal((await client.value('received')).filter((message) => message.params !== undefined).length, 1);
    });
  }
  await step(sdk, 'logging', async () => {
    await client.call('notify', { count: 2 });
    const logged = (await client.value('received')).filter(({ method }) => method === 'notifications/message');
    // A modern server logs only where the request names a level.
    assert.equal(logged.length, modern ? 0 : 2);
  });
  await step(sdk, 'token is what was set last', async () => {
    assert.equal(JSON.parse(textOf(await client.call('headers'))).authorization, 'Bearer secret');
    await client.value('setToken', { token: 'other' });
    assert.equal(JSON.parse(textOf(await client.call('headers'))).authorization, 'Bearer other');
  });
  for (const [mode, outcome] of [
    ['duplicate-keys', { ok: true, why: 'JSON.parse takes the last' }],
    ['wrong-id', { ok: false, why: 'nobody waits for it' }],
    ['html', { ok: false }],
    ['status-500', { ok: false, status: 500 }],
    ['hang', { ok: false }],
    ['truncate', { ok: false }],
    ['giant-event', { ok: true, why: 'no limit there' }],
    ['redirect', { ok: false }],
  ]) {
    await step(sdk, `misbehaviour: ${mode}`, async () => {
      await misbehave({ mode, method: 'tools/call', times: 1 });
      const answer = await client.send('callTool', { name: 'echo', timeoutMs: 1500 });
      assert.equal(answer.ok, outcome.ok, JSON.stringify(answer).slice(0, 300));
      if (outcome.status) {
        assert.equal(answer.error.status, outcome.status, JSON.stringify(answer));
      }
      await misbehave({ mode: 'none' });
      assert.ok((await client.send('callTool', { name: 'echo' })).ok, 'not well afterwards');
    });
  }
  await step(sdk, 'journal', async () => {
    const calls = await control('/calls');
    const called = calls.filter(({ method, target }) => method === 'tools/call' && target === 'read_note');
    assert.equal(called.length, 1);
    assert.equal(called[0].era, modern ? 'modern' : 'legacy');
    assert.deepEqual(JSON.parse(called[0].body).params.arguments, { id: '1' });
    assert.ok(called[0].headers.some(([name]) => name.toLowerCase() === 'authorization'));
  });
  await step(sdk, 'close leaves nothing', async () => {
    await client.value('close');
    await client.stop();
    await until('nothing is open', open, (now) => now.exchanges + now.streams + now.running + now.sessions === 0);
  });
}

async function againstEverything(sdk, { url }) {
  const client = script();
  await step(`${sdk}, everything`, 'connect, list, call, progress', async () => {
    await client.value('connect', { url, sdk });
    assert.ok((await client.value('listTools')).tools.length > 5);
    assert.match(textOf(await client.call('echo', { message: 'hello' })), /hello/);
    const long = { duration: 1, steps: 3 };
    const { progress } = await client.call('trigger-long-running-operation', long, { progress: true });
    assert.ok(progress.length >= 2, JSON.stringify(progress));
    await client.value('close');
  });
  await client.stop();
}

for (const [file, sdks, test] of [
  ['fixture-server.mjs', SDKS, againstFixture],
  ['everything.mjs', ['v2-auto', 'v2-legacy', 'v1'], againstEverything],
]) {
  const server = peer(file);
  const ready = await server.read();
  for (const sdk of sdks) {
    await test(sdk, ready);
  }
  await server.stop();
}
console.table(rows);
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;
