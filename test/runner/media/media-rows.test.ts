import { afterEach, expect, test } from 'vitest';
import type { MediaBlock } from '../../../src/protocol/media.ts';
import type { ModelRequest } from '../../../src/protocol/messages.ts';
import type { RowReport } from '../../../src/runner/contract/row.ts';
import { dataUri, pngOf } from '../../support/media.ts';
import { say, startWorld, type World, type WorldOptions } from '../world.ts';

const PNG = pngOf(40, 30);

let world: World;
afterEach(() => world?.close());

/** A world whose agent looks at photos; keeps the requests of its model. */
async function photos(options: WorldOptions & { fields?: object } = {}): Promise<ModelRequest[]> {
  const requests: ModelRequest[] = [];
  const properties = options.fields ?? { photo: { type: 'string', media: 'image' }, title: { type: 'string' } };
  world = await startWorld({
    ...options,
    agent: { input: { type: 'object', properties, required: Object.keys(properties).slice(0, 1) }, ...options.agent },
    respond: (_row, { request }) => {
      requests.push(request);
      return say({ answer: 'seen' });
    },
  });
  return requests;
}

const mediaOf = ({ messages }: ModelRequest): MediaBlock[] => {
  const content = messages[0]?.content ?? '';
  return typeof content === 'string' ? [] : content.filter((block) => block.type === 'media');
};

async function run(table: string): Promise<{ id: string; rows: RowReport[] }> {
  await world.write('table.csv', table);
  const id = await world.start();
  await world.runner.drive(id);
  const { rows } = await world.runner.rows(id, { limit: 50 });
  return { id, rows };
}

test('a data URI is sent as a medium, and the text names it instead of its base64', async () => {
  const requests = await photos();
  const { rows } = await run(`photo,title\n"${dataUri('image/png', PNG)}",Bridge\n`);
  expect(rows[0]?.error).toBeNull();
  const [medium] = mediaOf(requests[0] as ModelRequest);
  expect(medium).toMatchObject({ kind: 'image', mimeType: 'image/png', bytes: PNG.length, width: 40, height: 30 });
  expect(medium?.content?.().equals(PNG)).toBe(true);
  expect(requests[0]?.messages[0]?.content).toContainEqual({
    type: 'text',
    text: '{"photo":"(medium 1: image)","title":"Bridge"}',
  });
});
