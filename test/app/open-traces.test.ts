import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { openTraces } from '../../src/app/open-traces.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { createEvents } from '../../src/telemetry/create-events.ts';
import { ask, say, startWorld, type World, type WorldOptions } from '../runner/world.ts';
import { type OtlpReceiver, startOtlpReceiver } from '../support/otlp-receiver.ts';

const LAUNCHER = resolve(import.meta.dirname, '../../bin/rowmill.js');

const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** Runs a batch with a tool call in each row, and returns what a collector got. */
async function traced(withContent: boolean): Promise<{ receiver: OtlpReceiver; world: World; batch: string }> {
  const receiver = await startOtlpReceiver();
  const events = createEvents({ log: createSilentLog() });
  const options: WorldOptions = {
    deps: { events },
    tools: [
      {
        ...{ name: 'look', description: 'Looks.', inputSchema: { type: 'object' }, idempotent: true },
        execute: async () => 'seen',
      },
    ],
    respond: (_, { request: { messages } }) =>
      messages.length === 1 ? ask('look', { at: 'x' }) : say({ answer: 'a' }),
  };
  const world = await startWorld(options);
  ends.push(world.close, receiver.close);
  const settings = {
    url: `${receiver.url}/v1/traces`,
    serviceName: 'rows',
    resource: { 'host.name': 'here' },
    withContent,
  };
  const end = await openTraces(settings, { events, store: world.store, log: createSilentLog() });
  await world.write('table.csv', 'q\none\ntwo\n');
  const batch = await world.start();
  await world.runner.drive(batch);
  await end();
  return { receiver, world, batch };
}

it('sends a batch, its rows and their calls as one trace by the GenAI conventions', async () => {
  const { receiver, batch } = await traced(false);
  const { spans } = receiver;
  expect(receiver.paths[0]).toBe('POST /v1/traces application/json');
  expect(receiver.resource).toMatchObject({ 'service.name': 'rows', 'host.name': 'here' });
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const of = (operation: string) => spans.filter(({ attributes }) => attributes['gen_ai.operation.name'] === operation);
  const [root] = of('invoke_workflow');
  expect(root).toMatchObject({ name: 'invoke_workflow tester', parentSpanId: undefined });
  expect(root?.attributes).toMatchObject({ 'rowmill.batch.id': batch, 'rowmill.batch.status': 'completed' });
  const rows = of('invoke_agent');
  expect(rows.length).toBeGreaterThan(1);
  for (const row of rows) {
    expect(row).toMatchObject({ name: 'invoke_agent tester', parentSpanId: root?.spanId });
    expect(row.startMs).toBeGreaterThanOrEqual(Math.floor(root?.startMs ?? 0));
  }
  const [call] = of('chat');
  expect(call).toMatchObject({ name: 'chat claude-haiku-5-5', kind: 3 });
  expect(rows.map(({ spanId }) => spanId)).toContain(call?.parentSpanId);
  expect(call?.attributes).toMatchObject({
    ...{ 'gen_ai.provider.name': 'anthropic', 'gen_ai.request.model': 'claude-haiku-5-5' },
    ...{ 'gen_ai.usage.input_tokens': 100, 'gen_ai.usage.output_tokens': 20, 'rowmill.cost_usd': 0.00002 },
  });
  const [tool] = of('execute_tool');
  expect(tool).toMatchObject({ name: 'execute_tool look', parentSpanId: call?.parentSpanId });
  const contents = spans.flatMap(({ attributes }) =>
    Object.keys(attributes).filter((key) => /messages|tool\.call/.test(key)),
  );
  expect(contents).toEqual([]);
});

it('sends what was said only where that is asked for', async () => {
  const { receiver } = await traced(true);
  const call = receiver.spans.find(({ name }) => name.startsWith('chat'));
  expect(JSON.parse(String(call?.attributes['gen_ai.input.messages']))[0]).toMatchObject({
    role: 'user',
    parts: [{ type: 'text', content: expect.stringContaining('"q"') }],
  });
  expect(JSON.parse(String(call?.attributes['gen_ai.output.messages']))[0].parts[0]).toMatchObject({
    type: 'tool_call',
  });
  const tool = receiver.spans.find(({ name }) => name.startsWith('execute_tool'));
  expect(tool?.attributes).toMatchObject({ 'gen_ai.tool.call.arguments': '{"at":"x"}' });
});

const HOOK = `import { registerHooks } from 'node:module';
registerHooks({ resolve(name, context, next) {
  if (name.startsWith('@opentelemetry/')) process.stderr.write('LOADED ' + name + '\\n');
  return next(name, context);
} });`;

it.each([
  ['does not load OpenTelemetry', {}, false],
  ['does not load OpenTelemetry where it is switched off', { OTEL_TRACES_EXPORTER: 'none' }, false],
  ['loads it', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' }, true],
])('%s with %j', async (_, variables, isLoaded) => {
  const folder = await mkdtemp(join(tmpdir(), 'rowmill-traces-'));
  ends.push(() => rm(folder, { recursive: true }));
  const off = { OTEL_TRACES_EXPORTER: undefined, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };
  const env = {
    ...{ PATH: process.env['PATH'], HOME: folder, ROWMILL_DATA_DIR: folder },
    NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(HOOK)}`,
    ...('OTEL_TRACES_EXPORTER' in variables ? off : {}),
    ...variables,
  };
  const { stderr } = await promisify(execFile)(process.execPath, [LAUNCHER, 'batches', 'list'], { cwd: folder, env });
  expect(stderr.includes('LOADED')).toBe(isLoaded);
});
