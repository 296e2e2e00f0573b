import { Client } from '@modelcontextprotocol/client';
import { InMemoryTransport } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import { createMcpServerFactory } from '../../src/mcp/server.ts';
import { AGENTS, type Rig, startRig } from '../tools/rig.ts';

const COSTLY = `  - name: costly
    version: v1
    model: claude-opus-5-5
    instructions: Look up the speed.
    input: {type: object, properties: {address: {type: string}}, required: [address]}
    structured_output:
      enabled: true
      schema: {type: object, properties: {speed: {type: string}}, required: [speed]}
`;

let rig: Rig;
let large: string;
beforeAll(async () => {
  rig = await startRig({ drive: false });
  await rig.write('agents.yaml', AGENTS + COSTLY);
  large = await rig.write('large.csv', `address\n${'1 High Street\n'.repeat(5_000)}`);
});
beforeEach(() => rig.later(3_600_001));
afterAll(() => rig.close());

type Answer = { action: 'accept' | 'decline' | 'cancel'; content?: Record<string, boolean> };

/** A client whose person gives an answer; without one it can't ask. */
async function connect(revision: string, answer?: () => Answer) {
  const { tools, confirmations, runner, registry } = rig;
  const parts = { tools, confirmations, runner, registry, version: '1.0.0', log: createSilentLog() };
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  serveStdio(createMcpServerFactory(parts), { transport: ours });
  const mode = revision === '2025-11-25' ? ('legacy' as const) : { pin: revision };
  const client = new Client(
    { name: 'rowmill-tests', version: '1.0.0' },
    { versionNegotiation: { mode }, capabilities: answer === undefined ? {} : { elicitation: { form: {} } } },
  );
  const asked: string[] = [];
  if (answer !== undefined) {
    client.setRequestHandler('elicitation/create', async ({ params }) => {
      asked.push(params.message);
      return answer();
    });
  }
  await client.connect(theirs);
  const start = async (input: Record<string, unknown> = {}) => {
    const call = {
      name: 'execute_batch_processor',
      arguments: { csv_uri: large, target: { name: 'costly' }, ...input },
    };
    const result = await client.callTool(call);
    const [block] = result.content as { text: string }[];
    return {
      ...result,
      text: block?.text ?? '',
      structured: (result.structuredContent ?? {}) as Record<string, unknown>,
    };
  };
  return { asked, start, close: () => client.close() };
}

const batches = async () => (await rig.runner.list({ limit: 99 })).length;

describe.each(['2025-11-25', '2026-07-28'])('a costly start over MCP %s', (revision) => {
  it('asks the person of a client that shows forms, and starts one batch on their yes', async () => {
    const before = await batches();
    const client = await connect(revision, () => ({ action: 'accept', content: { agree: true } }));
    const { structured } = await client.start();
    expect(structured).toMatchObject({ started: true, needs_confirmation: null });
    expect(client.asked).toEqual([
      expect.stringMatching(
        /^Start costly@v1 over .*large\.csv: about 5,000 rows, .*\(\$[\d.]+ to (\$[\d.]+)\)\. Cost, at the high end of the estimate: \1\./,
      ),
    ]);
    expect(await batches()).toBe(before + 1);
    await client.close();
  });

  it.each<[string, Answer]>([
    ['declines', { action: 'decline' }],
    ['closes the form', { action: 'cancel' }],
    ['leaves the field off', { action: 'accept', content: { agree: false } }],
  ])('starts nothing when the person %s', async (_how, answer) => {
    const before = await batches();
    const client = await connect(revision, () => answer);
    const { isError, text } = await client.start();
    expect([isError, text]).toEqual([true, expect.stringMatching(/did not agree.*Do not ask again/)]);
    expect(await batches()).toBe(before);
    await client.close();
  });

  it('gives a client without forms a code for the person, without which the token starts nothing', async () => {
    const client = await connect(revision);
    const { structured } = await client.start();
    const { confirmation_token, confirm_command } = structured['needs_confirmation'] as Record<string, string>;
    expect((await client.start({ confirmation_token })).structured).toMatchObject({
      ...{ started: false, next_step: expect.stringContaining(String(confirm_command)) },
      needs_confirmation: { confirmation_token, confirm_command },
    });
    await rig.confirmations.agree(String(confirm_command).split(' ').at(-1) ?? '');
    expect((await client.start({ confirmation_token })).structured).toMatchObject({ started: true });
    const again = await client.start({ confirmation_token, options: { idempotency_key: 'another' } });
    expect(again.structured).toMatchObject({ started: false, needs_confirmation: { reason: /exactly the arguments/ } });
    await client.close();
  });
});

it('an answer whose question was about other arguments starts nothing', async () => {
  const question = { request: { other: true }, title: 'x', expectedUsd: 100, said: undefined };
  const { token } = await rig.confirmations.ask(question);
  const before = await batches();
  const client = await connect('2026-07-28');
  const { structured } = await client.start({ confirmation_token: token });
  expect(structured).toMatchObject({ started: false });
  expect(await batches()).toBe(before);
  await client.close();
});
