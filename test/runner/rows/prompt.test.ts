import { afterEach, expect, test } from 'vitest';
import type { ModelRequest } from '../../../src/protocol/messages.ts';
import { say, startWorld, type World } from '../world.ts';

let world: World | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const PROMPT = {
  prompt: { user: '{"word": "{{q}}", "note": "{note}", "other": {x}}', placeholders: ['q', 'note'] },
  input: {
    type: 'object',
    properties: { q: {}, note: {} },
    required: ['q', 'note'],
    additionalProperties: false,
  },
  limits: { max_turns: 4, timeout_s: 30, max_field_characters: 5 },
};

async function startPrompted(agent: object = PROMPT): Promise<{ texts: string[] }> {
  const texts: string[] = [];
  const respond = (_row: unknown, { request }: { request: ModelRequest }) => {
    texts.push(String(request.messages[0]?.content));
    return say({ answer: 'x' });
  };
  world = await startWorld({ agent, respond });
  return { texts };
}

test('sends each row as its prompt, and tells what was cut', async () => {
  const { texts } = await startPrompted();
  const csv_uri = await world?.write('rows.csv', 'q,note\n{note},short\n,longer\n');
  const id = await world?.start({}, { csv_uri: csv_uri ?? '' });
  const report = await world?.runner.drive(id ?? '');
  expect(texts.toSorted()).toEqual([
    '{"word": "", "note": "longe", "other": {x}}',
    '{"word": "{note", "note": "short", "other": {x}}',
  ]);
  expect(report).toMatchObject({ truncated_rows: 2, truncated_fields: { q: 1, note: 1 } });
  expect(report?.warnings).toEqual([
    'The prompt contains {x}, which prompt.placeholders does not declare: the text is sent unchanged.',
    'Fields of the prompt were cut to 5 characters (limits.max_field_characters) in 2 rows.',
  ]);
});

test('is refused over a table that lacks a column of a placeholder', async () => {
  await startPrompted();
  const csv_uri = await world?.write('rows.csv', 'q,other\na,b\n');
  const plan = await world?.runner.plan(world.request({}, { csv_uri: csv_uri ?? '' }));
  expect(plan?.problems).toMatchObject([{ code: 'mapping_invalid' }]);
  expect(plan?.problems[0]?.message).toContain('required input field "note" is not mapped');
});
