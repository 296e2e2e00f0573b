import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/protocol/messages.ts';
import { batchOptions } from '../../../src/runner/contract/request/options.ts';
import { OPTION_VALUES } from '../../contracts/faces/face-values.ts';
import { AGENTS, type Rig, startRig } from '../rig.ts';

/** Agents whose rows cost: opus at $4 in and $20 out a million, and one of no known price. */
const COSTLY = ['claude-opus-5-5', 'claude-nobody-knows'].map(
  (model, index) => `  - name: ${['costly', 'unpriced'][index]}
    version: v1
    model: ${model}
    instructions: Look up the speed.
    input: {type: object, properties: {address: {type: string}}, required: [address]}
    structured_output:
      enabled: true
      schema: {type: object, properties: {speed: {type: string}}, required: [speed]}
`,
);
/** At about two tenths of a cent a row. */
const ROWS = 5_000;

let rig: Rig;
let large: string;
let small: string;
beforeAll(async () => {
  rig = await startRig({ drive: false });
  await rig.write('agents.yaml', AGENTS + COSTLY.join(''));
  large = await rig.write('large.csv', `address\n${'1 High Street\n'.repeat(ROWS)}`);
  small = await rig.write('small.csv', 'address\n1 High Street\n');
});
// What was started without a yes counts for an hour.
beforeEach(() => rig.later(3_600_001));
afterAll(() => rig.close());

/** A person agrees in a terminal; gives back the token. */
async function agreed(answer: JsonObject): Promise<string> {
  const { confirm_command, confirmation_token } = asked(answer);
  expect(await rig.confirmations.agree(String(confirm_command).slice('rowmill confirm '.length))).toBe(true);
  return String(confirmation_token);
}

const execute = (input: JsonObject) => rig.call('execute_batch_processor', input);
const start = (input: JsonObject = {}) => execute({ csv_uri: large, target: { name: 'costly' }, ...input });

function asked(answer: JsonObject): JsonObject {
  expect(answer['needs_confirmation'], JSON.stringify(answer)).not.toBeNull();
  return answer['needs_confirmation'] as JsonObject;
}

describe('a start that is expected to cost more than the limit', () => {
  it('does nothing, and answers with the estimate and a token', async () => {
    const before = (await rig.runner.list({ limit: 99 })).length;
    const answer = await start();
    expect(answer).toMatchObject({
      ...{ action: 'start', started: false, dry_run: false, batch_id: null, status: null, row_count: ROWS },
      needs_confirmation: { limit_usd: 5, expected_usd: (answer['estimate'] as never)['cost_usd']['high'] },
      next_step: expect.stringContaining('Only a person may agree'),
    });
    expect(asked(answer)['expected_usd']).toBeGreaterThan(5);
    expect(await rig.runner.list({ limit: 99 })).toHaveLength(before);
    expect(rig.ready()).toBe(0);
  });

  it('starts once with the token, however often it is sent', async () => {
    const confirmation_token = await agreed(await start({ options: { concurrency: 3 } }));
    const confirmed = { options: { concurrency: 3 }, confirmation_token };
    const first = await start(confirmed);
    expect(first).toMatchObject({ started: true, needs_confirmation: null, status: 'created' });
    expect(await start(confirmed)).toMatchObject({ started: false, batch_id: String(first['batch_id']) });
  });

  it('takes the token for exactly its arguments', async () => {
    const confirmation_token = await agreed(await start());
    const other = await start({ confirmation_token, options: { concurrency: 9 } });
    expect(asked(other)['reason']).toMatch(/exactly the arguments .*may be as much as/);
    expect(asked(await start({ confirmation_token: 'yes' }))['reason']).toMatch(/exactly the arguments/);
  });

  it.each(Object.keys(batchOptions.shape))('does not take it once the option %s is another', async (name) => {
    const confirmation_token = await agreed(await start());
    // A sample or a cap that is small needs no yes at all.
    const large = { sample: ROWS - 1, max_cost_usd: 100 };
    const value = name in large ? large[name as keyof typeof large] : OPTION_VALUES[name]?.value;
    // Without fallback, a model that has no batch API runs only where real time is asked for; random is of a sample.
    const others: Record<string, JsonObject> = { fallback: { mode: 'realtime' }, random: { sample: ROWS - 1 } };
    const changed = await start({ confirmation_token, options: { [name]: value, ...others[name] } as JsonObject });
    expect(asked(changed)['reason']).toMatch(/exactly the arguments/);
  });

  it.each([
    ['name', 'Speeds'],
    ['output_uri', 'elsewhere.csv'],
    ['output_mapping', { rows: 'succeeded' }],
    ['input_mapping', { address: { value: 'x' } }],
  ])('does not take it once %s is another', async (name, value) => {
    const confirmation_token = await agreed(await start());
    const output_uri = `${rig.folder}/elsewhere.csv`;
    const changed = await start({ confirmation_token, [name]: name === 'output_uri' ? output_uri : value });
    expect(asked(changed)['reason']).toMatch(/exactly the arguments/);
  });

  it('asks again when the table has grown since', async () => {
    const growing = await rig.write('growing.csv', `address\n${'1 High Street\n'.repeat(ROWS)}`);
    const input = { csv_uri: growing };
    const confirmation_token = await agreed(await start(input));
    await rig.write('growing.csv', `address\n${'1 High Street\n'.repeat(ROWS * 2)}`);
    expect(asked(await start({ ...input, confirmation_token }))['reason']).toMatch(
      /higher than the cost that the person agreed to/,
    );
  });

  it('needs no yes for a small sample, a low cap or a dry run', async () => {
    for (const options of [{ sample: 5 }, { max_cost_usd: 4 }, { dry_run: true }]) {
      expect(await start({ options })).toMatchObject({ needs_confirmation: null });
    }
  });
});

it('an unknown price needs a yes, however small the table is', async () => {
  const input = { csv_uri: small, target: { name: 'unpriced' } };
  const answer = await execute(input);
  const { expected_usd, reason } = asked(answer);
  expect(expected_usd).toBeNull();
  expect(reason).toMatch(/price is unknown/);
  expect(await execute({ ...input, confirmation_token: await agreed(answer) })).toMatchObject({ started: true });
});

it('a known price below the limit needs none', async () => {
  expect(await start({ csv_uri: small })).toMatchObject({ started: true, needs_confirmation: null });
});

describe('a token', () => {
  const inMessage = (number: number, conversation = 'conv_1') => ({ said: { conversation, number } });
  const say = (input: JsonObject, number: number, conversation?: string) =>
    rig.call(
      'execute_batch_processor',
      { csv_uri: large, target: { name: 'costly' }, ...input },
      inMessage(number, conversation),
    );

  it('is not good in the message in which the model got it, and the model is told to ask the person', async () => {
    const first = await say({}, 1);
    const { confirmation_token, confirm_command, confirm_page } = asked(first);
    expect([confirm_command, confirm_page]).toEqual([null, null]);
    const again = await say({ confirmation_token: String(confirmation_token) }, 1);
    expect(asked(again)).toMatchObject({
      confirmation_token,
      reason: expect.stringMatching(/^No person has agreed yet/),
    });
    expect(again['next_step']).toMatch(/ask whether to continue, then end your turn.*in their next message/);
    expect(asked(await say({ confirmation_token: String(confirmation_token) }, 3, 'conv_2'))['reason']).toMatch(
      /No person/,
    );
    expect(await say({ confirmation_token: String(confirmation_token) }, 3)).toMatchObject({ started: true });
  });

  it('starts one batch, whatever the idempotency key', async () => {
    const keyed = (key: string, token?: string) =>
      start({ options: { idempotency_key: key }, ...(token !== undefined && { confirmation_token: token }) });
    const token = await agreed(await keyed('one'));
    expect(asked(await keyed('two', token))['reason']).toMatch(/exactly the arguments/);
    const first = await keyed('one', token);
    expect(first).toMatchObject({ started: true });
    expect(await keyed('one', token)).toMatchObject({ started: false, batch_id: String(first['batch_id']) });
    expect(asked(await keyed('two', token))['reason']).toMatch(/exactly the arguments/);
  });

  it('is not good for a client before the person has typed its code', async () => {
    const answer = await start();
    const { confirmation_token, confirm_command } = asked(answer);
    const early = await start({ confirmation_token: String(confirmation_token) });
    expect(asked(early)).toMatchObject({ confirmation_token, confirm_command, reason: /No person has agreed yet/ });
    expect(early['next_step']).toContain(String(confirm_command));
    expect(await start({ confirmation_token: await agreed(answer) })).toMatchObject({ started: true });
  });
});

describe('starts without a yes', () => {
  it('do not pass the limit of an hour together, whatever the action', async () => {
    const capped = () => start({ options: { max_cost_usd: 2 } });
    const first = await capped();
    expect([first['started'], (await capped())['started']]).toEqual([true, true]);
    expect(asked(await capped())['reason']).toMatch(/\$4\.00 was started in the last hour without asking a person/);
    const set = { action: 'set', batch_id: String(first['batch_id']), options: { max_cost_usd: 3.5 } };
    expect(asked(await execute(set))['reason']).toMatch(/last hour/);
    rig.later(3_600_001);
    expect(await execute(set)).toMatchObject({ needs_confirmation: null });
    expect(asked(await capped())['reason']).toMatch(/\$3\.50 was started/);
  });

  it('count nothing where the start fails, or meets an earlier one', async () => {
    const keyed = { options: { max_cost_usd: 3, idempotency_key: 'mine' } };
    expect(await start(keyed)).toMatchObject({ started: true });
    expect(await start(keyed)).toMatchObject({ started: false });
    expect(
      await rig.fail('execute_batch_processor', {
        csv_uri: large,
        target: { name: 'costly' },
        options: { max_cost_usd: 2, idempotency_key: 'mine' },
      }),
    ).toMatchObject({ code: 'invalid_arguments' });
    expect(await start({ options: { max_cost_usd: 2 } })).toMatchObject({ started: true });
  });
});

describe('going on with a batch', () => {
  it('asks before the rest of a sample, and before a higher cap, and goes on with the token', async () => {
    const id = String((await start({ options: { max_cost_usd: 4 } }))['batch_id']);
    const raised = { action: 'set', batch_id: id, options: { max_cost_usd: 50 } };
    const forSet = await agreed(await execute(raised));
    expect((await rig.runner.report(id)).options.max_cost_usd).toBe(4);
    expect(await execute({ action: 'set', batch_id: id, options: { max_cost_usd: 4.5 } })).toMatchObject({
      needs_confirmation: null,
    });
    expect(await execute({ ...raised, confirmation_token: forSet })).toMatchObject({
      needs_confirmation: null,
    });
    expect((await rig.runner.report(id)).options.max_cost_usd).toBe(50);
    expect(await execute({ action: 'pause', batch_id: id })).toMatchObject({ status: 'paused', action: 'pause' });
    const resume = { action: 'resume', batch_id: id };
    const answer = await execute(resume);
    expect(answer).toMatchObject({ status: 'paused', batch_id: id });
    const confirmation_token = await agreed(answer);
    expect(asked(await execute({ ...raised, action: 'resume', confirmation_token }))['reason']).toMatch(/exactly/);
    expect(await execute({ ...resume, confirmation_token })).toMatchObject({
      needs_confirmation: null,
      status: 'validating',
    });
  });
});
