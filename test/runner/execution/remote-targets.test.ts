import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/app/config.ts';
import { AppError } from '../../../src/base/errors.ts';
import { createSilentLog } from '../../../src/base/log.ts';
import { createProviders, type Providers } from '../../../src/providers/open-providers.ts';
import { parseAgent } from '../../../src/registry/parse-agent.ts';
import { type ExecutionEnd, type StateMachines, startStateMachines } from '../../support/providers/state-machines.ts';
import { startWorld, table, type World, type WorldOptions, words } from '../world.ts';

const SCHEMA = { type: 'object', properties: { answer: { type: 'string' } }, required: ['answer'] };
const ARN = 'arn:aws:states:eu-west-1:123456789012:stateMachine:checker';
const CREDENTIALS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'];

let world: World;
let providers: Providers;
let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  await world.close();
  for (const close of closing) await close();
  closing = [];
});

function agentOf(target: object, overrides: object = {}): object {
  const raw = {
    name: 'tester',
    input: { type: 'object', properties: { q: {} }, required: ['q'] },
    target,
    ...overrides,
  };
  const parsed = parseAgent({ ...raw, structured_output: { schema: SCHEMA } }, '/project');
  if ('faults' in parsed) throw new AppError('internal', JSON.stringify(parsed.faults));
  return parsed.definition;
}

async function start(agent: object, env: Record<string, string> = {}, options: WorldOptions = {}): Promise<void> {
  providers = createProviders({ ...readConfig(env, import.meta.dirname).providers, log: createSilentLog() });
  closing.push(() => providers.close());
  world = await startWorld({ ...options, agent, deps: { provider: (name, model) => providers.get(name, model) } });
}

async function run(rows: readonly string[], options = {}) {
  await world.write('table.csv', table(rows));
  const id = await world.start(options);
  return { id, report: await world.runner.drive(id) };
}

const lines = async () => (await world.read('out.csv')).trim().split('\n').slice(1);
const answerOf = (content: unknown, messages: object[] = []) => ({
  messages,
  tool_results: [{ name: 'return_structured_data', content }],
});

describe('a target behind a URL', () => {
  interface Call {
    headers: IncomingHttpHeaders;
    text: string;
    number: number;
  }
  type Answer = (call: Call) => { status?: number; body: unknown; headers?: Record<string, string> } | 'drop';

  const calls: Call[] = [];
  async function serve(answer: Answer): Promise<string> {
    calls.length = 0;
    const server: Server = createServer(async (incoming, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk as Buffer);
      const call = { headers: incoming.headers, text: Buffer.concat(chunks).toString(), number: calls.length + 1 };
      calls.push(call);
      const given = answer(call);
      if (given === 'drop') return response.socket?.resetAndDestroy();
      const text = typeof given.body === 'string' ? given.body : JSON.stringify(given.body);
      return response
        .writeHead(given.status ?? 200, { 'content-type': 'application/json', ...given.headers })
        .end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(
      () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        }),
    );
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/run`;
  }
  const inputOf = ({ text }: Call) => (JSON.parse(text) as { input: { q: string } }).input;
  const echo: Answer = (call) => ({
    body: answerOf({ answer: `${inputOf(call).q}!` }, [{ role: 'assistant', content: 'Looked.' }]),
  });

  it('gets the messages and the input of a row, and its answer is the row’s', async () => {
    const url = await serve(echo);
    await start(agentOf({ type: 'http', url, headers: { 'X-Key': 'k-${KEY}' } }), { KEY: '7' });
    const { id, report } = await run(['w0', '12345678901234567890']);
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 2 }, model_calls: 2 });
    expect(await lines()).toEqual([
      expect.stringMatching(/^w0,w0!,SUCCESS/),
      expect.stringMatching(/^12345678901234567890,12345678901234567890!,SUCCESS/),
    ]);
    expect(calls[0]?.headers).toMatchObject({ 'x-key': 'k-7', 'idempotency-key': `${id}/0/1/0` });
    expect(JSON.parse(calls[0]?.text ?? '')).toEqual({
      messages: [{ role: 'user', content: '{"q":"w0"}' }],
      input: { q: 'w0' },
    });
    const { attempts } = await world.runner.trace(id, 0);
    expect(attempts).toMatchObject([
      { model: `http-agent/${url}`, entries: [{ answer: { response: { content: [{ text: 'Looked.' }, {}] } } }] },
    ]);
  });

  it('has an unknown cost, so a cap is refused; it is never told as free', async () => {
    const url = await serve(echo);
    await start(agentOf({ type: 'http', url }));
    await world.write('table.csv', table(words(2)));
    const plan = await world.runner.plan(world.request());
    expect(plan).toMatchObject({ problems: [], estimate: { cost_usd: null }, spending_usd: null });
    expect((await world.runner.plan(world.request({ max_cost_usd: 1 }))).problems).toMatchObject([
      { code: 'budget_unpriced' },
    ]);
    const { id } = await run(words(2));
    expect((await world.store.readBatch(id))?.totals).toMatchObject({ unpricedCalls: 2 });
  });

  it('is asked again, with the same key, after faults that pass', async () => {
    const url = await serve((call) =>
      call.number === 1 ? 'drop' : call.number === 2 ? { status: 503, body: 'busy' } : echo(call),
    );
    await start(agentOf({ type: 'http', url }));
    expect((await run(['w0'])).report.counts).toMatchObject({ succeeded: 1 });
    expect(new Set(calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(calls).toHaveLength(3);
  });

  it('is asked again under the same key after the process has died before the answer was stored', async () => {
    const url = await serve(echo);
    let isDead = false;
    const intercept: WorldOptions['intercept'] = (method) => {
      isDead ||= method === 'writeAnswer' && calls.length === 1;
      if (isDead && method !== 'releaseLease') throw new AppError('store_unavailable', 'The process is dead.');
    };
    await start(agentOf({ type: 'http', url }), {}, { intercept });
    await world.write('table.csv', table(['w0']));
    const id = await world.start();
    await world.runner.drive(id).catch(() => undefined);
    isDead = false;
    // The first call is over: no more deaths.
    calls.push({ headers: {}, text: '{}', number: 0 });
    const next = await world.other();
    if ((await next.report(id)).status === 'paused') await next.resume(id);
    expect((await next.drive(id)).counts).toMatchObject({ succeeded: 1 });
    const keys = calls.map(({ headers }) => headers['idempotency-key']).filter((key) => key !== undefined);
    expect(keys).toEqual([`${id}/0/1/0`, `${id}/0/1/0`]);
  });

  it.each<[string, Answer, RegExp]>([
    ['of another type', () => ({ body: answerOf({ answer: [1] }) }), /output_invalid: .*answer/],
    [
      'without a result',
      () => ({ body: { tool_results: [] } }),
      /model_response_invalid: .*has no result ""return_structured_data""/,
    ],
    ['that is no JSON', () => ({ body: '<html>' }), /model_response_invalid: .*not JSON/],
    [
      'that is too large',
      () => ({ body: `"${'x'.repeat(10_000_001)}"` }),
      /model_response_invalid: .*larger than 10 MB/,
    ],
    ['that refuses the row', () => ({ status: 422, body: 'no postcode' }), /model_request_invalid: .*422: no postcode/],
  ])('fails its row for an answer %s, after one call', async (_what, answer, error) => {
    const url = await serve((call) => (inputOf(call).q === 'bad' ? answer(call) : echo(call)));
    await start(agentOf({ type: 'http', url }));
    const { report } = await run(['w0', 'bad']);
    expect(report.counts).toMatchObject({ succeeded: 1, failed: 1 });
    expect((await lines())[1]).toMatch(error);
    expect(calls).toHaveLength(2);
  });

  it('pauses the batch after one call where it has no agent, or refuses the key', async () => {
    const url = await serve(() => ({ status: 401, body: 'who are you' }));
    await start(agentOf({ type: 'http', url }));
    expect((await run(words(5))).report).toMatchObject({ status: 'paused', pause_reason: 'fatal' });
    expect(calls).toHaveLength(1);
  });

  it('needs the variables that it names before the batch starts', async () => {
    await start(agentOf({ type: 'http', url: 'http://127.0.0.1:1/${PLACE}', headers: { a: '${KEY}' } }));
    await world.write('table.csv', table(['w0']));
    expect((await world.runner.plan(world.request())).problems).toMatchObject([
      { code: 'config_invalid', message: expect.stringContaining('PLACE and KEY') },
    ]);
  });
});

describe('a target of Step Functions', () => {
  const end = (input: string): ExecutionEnd => {
    const { q } = (JSON.parse(input) as { input: { q: string } }).input;
    if (q === 'bad') return { status: 'FAILED', error: 'Lookup', cause: 'no such place' };
    return { status: 'SUCCEEDED', output: JSON.stringify(answerOf({ answer: `${q}!` })), looks: 1 };
  };
  const before = CREDENTIALS.map((name) => process.env[name]);
  async function serve(target: object = {}, fault?: Parameters<typeof startStateMachines>[1]): Promise<StateMachines> {
    const machines = await startStateMachines(end, fault);
    closing.push(machines.close, async () =>
      CREDENTIALS.forEach((name, at) => {
        if (before[at] === undefined) delete process.env[name];
        else process.env[name] = before[at];
      }),
    );
    for (const name of CREDENTIALS) process.env[name] = 'test';
    const agent = agentOf({ type: 'step-functions', state_machine_arn: ARN, ...target });
    await start(agent, { AWS_ENDPOINT_URL_SFN: machines.url });
    return machines;
  }

  it('runs one execution for each row, named after the run', async () => {
    const machines = await serve();
    const { id, report } = await run(['w0', 'w1', 'bad']);
    expect(report.counts).toMatchObject({ succeeded: 2, failed: 1 });
    expect(await lines()).toEqual([
      expect.stringMatching(/^w0,w0!,SUCCESS/),
      expect.stringMatching(/^w1,w1!,SUCCESS/),
      expect.stringMatching(/^bad,,FAILED.*model_response_invalid: .*ended as FAILED \(Lookup: no such place\)/),
    ]);
    const execution = (row: number) => `${ARN.replace('stateMachine', 'execution')}:${id}-${row}-1-0`;
    expect([...machines.started.keys()].toSorted()).toEqual([0, 1, 2].map(execution));
    expect(machines.started.get(execution(0))).toBe(
      '{"messages":[{"role":"user","content":"{\\"q\\":\\"w0\\"}"}],"input":{"q":"w0"}}',
    );
  });

  it('finds the execution that it started before: a lost answer starts no other, running or ended', async () => {
    // The answers to the first start and to the look that would have seen the end are lost.
    const machines = await serve({}, (_operation, number) => (number === 1 || number === 4 ? 'drop' : undefined));
    expect((await run(['w0'])).report.counts).toMatchObject({ succeeded: 1 });
    expect(machines.started.size).toBe(1);
    const starts = machines.requests.filter(({ operation }) => operation === 'StartExecution');
    expect(new Set(starts.map(({ body }) => body['name'])).size).toBe(1);
    expect(starts.length).toBeGreaterThan(2);
  });

  it('runs an express state machine in one call', async () => {
    const machines = await serve({ express: true });
    expect((await run(['w0'])).report.counts).toMatchObject({ succeeded: 1 });
    expect(machines.requests.map(({ operation }) => operation)).toEqual(['StartSyncExecution']);
  });

  it('waits where it is throttled, and pauses the batch where there is no such state machine', async () => {
    const machines = await serve({}, (_operation, number) => {
      if (number === 1) return { status: 400, type: 'ThrottlingException' };
      return number > 3 ? { status: 400, type: 'StateMachineDoesNotExist' } : undefined;
    });
    const { report } = await run(words(6));
    expect(report).toMatchObject({ status: 'paused', pause_reason: 'fatal' });
    expect(machines.requests.length).toBeLessThan(8);
  });
});
