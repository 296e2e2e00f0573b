import { afterEach, describe, expect, test } from 'vitest';
import { type AgentDefinition, agentDefinition } from '../../../../src/agent/definition.ts';
import { type InlineField, inlineField } from '../../../../src/runner/contract/request/inline-agent.ts';
import { registeredVersion, withOwnFields } from '../../../../src/runner/intake/answer-fields/own-fields.ts';
import { say, startWorld, table, type World, words } from '../../world.ts';

const SCHEMA = {
  type: 'object',
  properties: {
    topic: { type: 'string', enum: ['bill', 'delivery'], description: 'What it is about' },
    score: { type: 'integer', minimum: 0, maximum: 10 },
    note: { type: ['string', 'null'] },
    place: { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] },
  },
  required: ['topic', 'score', 'note', 'place'],
};

const agent = (schema: object = SCHEMA): AgentDefinition =>
  agentDefinition.parse({
    ...{ name: 'sorter', version: 'v2', model: { provider: 'anthropic', model: 'claude-haiku-5-5' } },
    ...{ instructions: 'Sort.', structured_output: { enabled: true, schema } },
  });

const SAME: object[] = [
  { name: 'topic', values: ['delivery', 'bill'], description: 'What it is about' },
  { name: 'score', type: 'integer' },
  { name: 'note', nullable: true },
  { name: 'place', type: 'object', fields: [{ name: 'town' }] },
];
const own = (fields: object[], of = agent()) =>
  withOwnFields(
    of,
    fields.map((field): InlineField => inlineField.parse(field)),
  );
const changed = (at: number, field: object) => SAME.with(at, { ...SAME[at], ...field });

describe('fields of a request beside those of the agent', () => {
  test('without a difference the agent stays as it is, with bounds that fields do not have', () => {
    expect(own(SAME)).toEqual({ agent: agent(), warnings: [] });
  });

  test.each([
    ['a type', changed(1, { type: 'number' }), { field: 'score', parts: ['type'] }],
    ['a list', changed(1, { list: true }), { field: 'score', parts: ['type'] }],
    ['required', changed(2, { nullable: false }), { field: 'note', parts: ['required'] }],
    ['the values', changed(0, { values: ['bill'] }), { field: 'topic', parts: ['values'] }],
    ['the description', changed(0, { description: 'Other' }), { field: 'topic', parts: ['description'] }],
    [
      'an inner field',
      changed(3, { fields: [{ name: 'town', type: 'number' }] }),
      { field: 'place.town', parts: ['type'] },
    ],
  ])('%s that differs is reported with both sides', (_, fields, expected) => {
    const { difference } = own(fields);
    expect(difference?.agent).toBe('sorter@v2');
    expect(difference?.changes).toEqual([
      { ...expected, change: 'changed', yours: expect.any(Object), agents: expect.any(Object) },
    ]);
  });

  test('added and removed fields are named, inner ones with the field that holds them', () => {
    const { difference, warnings } = own([...SAME.slice(0, 3), { name: 'mood', type: 'string' }]);
    expect(difference?.changes).toMatchObject([
      { field: 'mood', change: 'added', agents: null, yours: { type: 'string', required: true } },
      { field: 'place', change: 'removed', yours: null, agents: { type: 'object' } },
    ]);
    expect(difference?.changes).toHaveLength(2);
    expect(warnings).toEqual([expect.stringContaining('sorter@v2: added mood; removed place.')]);
  });

  test('a field that is the same keeps its bounds, also when its description is new', () => {
    const { agent: made } = own([...changed(1, { description: 'From 0 to 10' }), { name: 'mood' }]);
    expect(made.structured_output.schema?.['properties']).toMatchObject({
      score: { type: 'integer', minimum: 0, maximum: 10, description: 'From 0 to 10' },
      mood: { type: 'string' },
    });
    expect(made.structured_output.schema?.['required']).toEqual(['topic', 'score', 'note', 'place', 'mood']);
  });

  test('other fields are another version, from which the one of the registry is found', () => {
    const { agent: made } = own([...SAME, { name: 'mood' }]);
    expect(made.version).toMatch(/^v2-[0-9a-f]{8}$/);
    expect(agentDefinition.safeParse(made).success).toBe(true);
    expect(registeredVersion(made)).toBe('v2');
    expect(registeredVersion(agent())).toBe('v2');
    expect(own([...SAME, { name: 'tone' }]).agent.version).not.toBe(made.version);
  });
});

describe('a batch with fields of its own', () => {
  let world: World;
  afterEach(() => world.close());

  test('plans, runs and continues with them, and says how they differ', async () => {
    world = await startWorld({ respond: (row) => say({ answer: `${row['q']}!`, mood: 'calm' }) });
    await world.write('table.csv', table(words(2)));
    const { target } = world.request();
    if (target.type === 'inline') throw new Error('The world runs an agent of the registry.');
    const fields = [inlineField.parse({ name: 'answer' }), inlineField.parse({ name: 'mood' })];
    const more = { target: { ...target, fields } };
    const plan = await world.runner.plan(world.request({}, more));
    expect(plan.problems).toEqual([]);
    expect(plan.schema_difference?.changes).toMatchObject([{ field: 'mood', change: 'added' }]);
    expect(plan.output_columns.slice(0, 2)).toEqual(['answer', 'mood']);
    const id = await world.start({}, more);
    await world.runner.drive(id);
    const report = await world.runner.report(id);
    expect(report).toMatchObject({ status: 'completed', counts: { succeeded: 2 } });
    expect(report.agent).toMatch(/-[0-9a-f]{8}$/);
    const again = await world.runner.continuationOf(id);
    expect(again.target).toMatchObject({ fields, version: report.agent.replace(/^.*@|-[0-9a-f]{8}$/g, '') });
  });

  test('an agent that stays as it is has no difference', async () => {
    world = await startWorld();
    await world.write('table.csv', table(words(1)));
    expect((await world.runner.plan(world.request())).schema_difference).toBeNull();
  });
});
