import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import type { Tool } from '../../../src/agent/tool.ts';
import { AppError } from '../../../src/base/errors.ts';
import type { MediaBlock } from '../../../src/protocol/media.ts';
import type { ModelRequest } from '../../../src/protocol/messages.ts';
import type { RowReport } from '../../../src/runner/contract/report/row.ts';
import { dataUri, pdfOf, pngOf } from '../../support/media.ts';
import { ask, say, startWorld, type World, type WorldOptions } from '../world.ts';

const PNG = pngOf(40, 30);
const OTHER = dataUri('image/png', pngOf(8, 8));
const WIDE = pngOf(9000, 1);
const AVIF = Buffer.from('\0\0\0\x20ftypavif\0\0\0\0', 'latin1');

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

test('a place is read below the folder of the table, and nowhere else', async () => {
  const requests = await photos();
  await mkdir(join(world.folder, 'data', 'photos'), { recursive: true });
  await writeFile(join(world.folder, 'data', 'photos', 'a.png'), PNG);
  await writeFile(join(world.folder, 'secret.png'), PNG);
  await writeFile(join(world.folder, 'data', 'photos', 'large.png'), Buffer.concat([PNG, Buffer.alloc(3_932_160)]));
  await symlink(join(world.folder, 'secret.png'), join(world.folder, 'data', 'photos', 'link.png'));
  const places = [
    'photos/a.png',
    join(world.folder, 'data', 'photos', 'a.png'),
    '../secret.png',
    join(world.folder, 'secret.png'),
    'photos/link.png',
    'https://example.com/a.png',
    's3://bucket/a.png',
    'photos/none.png',
    'photos',
    'photos/large.png',
  ];
  await world.write('data/table.csv', ['photo', ...places, ''].join('\n'));
  const id = await world.start({}, { csv_uri: join(world.folder, 'data', 'table.csv') });
  await world.runner.drive(id);
  const { rows } = await world.runner.rows(id, { limit: 50 });
  expect(rows.map(({ error }) => error?.code ?? null)).toEqual([null, null, ...Array(8).fill('input_invalid')]);
  expect(requests).toHaveLength(2);
  const told = rows.map(({ error }) => error?.message ?? '');
  expect(told[2]).toContain('The medium of the input field "photo" names a place that is not below');
  expect(told[4]).toContain('outside the allowed folders');
  expect(told[5]).toContain('media_from');
  expect(told[7]).toMatch(/can't be read: .*none\.png/);
  expect(told[9]).toContain('has more than 3932160 bytes');
  expect((await world.runner.report(id)).cost_usd).toBeCloseTo(0.00004);
});

test('media_from names the folders instead, which ROWMILL_FILES has to allow', async () => {
  const requests = await photos({ agent: { media_from: ['/elsewhere/', '/etc/'] } });
  await writeFile(join(world.folder, 'a.png'), PNG);
  await world.write('table.csv', `photo\n/etc/hostname\n${join(world.folder, 'a.png')}\n"${OTHER}"\n`);
  const id = await world.start();
  await world.runner.drive(id);
  const { rows } = await world.runner.rows(id, { limit: 5 });
  expect(rows.map(({ error }) => error?.code ?? null)).toEqual(['input_invalid', 'input_invalid', null]);
  expect(rows[0]?.error?.message).toContain('outside the allowed folders');
  expect(rows[1]?.error?.message).toContain('not below /elsewhere/, /etc/ (media_from)');
  expect(requests).toHaveLength(1);
});

test('a table none of whose media can be used is a problem of the plan', async () => {
  await photos();
  await world.write('table.csv', 'photo\nnone.png\n');
  const { problems } = await world.runner.plan(world.request());
  expect(problems).toMatchObject([{ code: 'input_invalid', message: expect.stringContaining('none.png') }]);
});

const BAD: [string, string, RegExp][] = [
  ['of another kind', dataUri('application/pdf', pdfOf(1)), /is application\/pdf, and the field takes image/],
  ['declared as another type', dataUri('image/jpeg', PNG), /is declared as image\/jpeg, but its bytes are image\/png/],
  [
    'of a type that the model does not take',
    dataUri('image/avif', AVIF),
    /image\/avif, and the model takes image\/png/,
  ],
  ['whose bytes are text', dataUri('image/png', Buffer.from('<html>')), /is no image/],
  ['cut off in its header', dataUri('image/png', PNG.subarray(0, 18)), /damaged image/],
  ['whose base64 is damaged', `${dataUri('image/png', PNG)}!`, /base64 is damaged/],
  ['without base64', 'data:image/png,abc', /without base64/],
  ['that is empty', 'data:image/png;base64,', /is empty/],
  ['with too many pixels', dataUri('image/png', WIDE), /has 9000 × 1 pixels, and a side may have at most 8000/],
];

test.each(BAD)('a medium %s fails its row before anything is sent', async (_what, cell, told) => {
  const requests = await photos();
  const { rows } = await run(`photo,title\n"${cell}",Bridge\n"${dataUri('image/png', PNG)}",Other\n`);
  expect(rows[0]?.error).toMatchObject({ code: 'input_invalid', message: expect.stringMatching(told) });
  expect(rows[1]?.error).toBeNull();
  expect(requests).toHaveLength(1);
});

test('an encrypted PDF fails its row', async () => {
  await photos({ fields: { scan: { type: 'string', media: 'pdf' } } });
  const locked = Buffer.from(
    pdfOf(1).toString('latin1').replace('/Root 1 0 R', '/Root 1 0 R /Encrypt 9 0 R'),
    'latin1',
  );
  const { rows } = await run(
    `scan\n"${dataUri('application/pdf', locked)}"\n"${dataUri('application/pdf', pdfOf(3))}"\n`,
  );
  expect(rows[0]?.error?.message).toContain('encrypted PDF');
  expect(rows[1]?.error).toBeNull();
});

test('several media are numbered, and together have a limit', async () => {
  const requests = await photos({
    fields: { scan: { type: 'string', media: 'pdf' }, photo: { type: 'string', media: 'image' } },
  });
  await writeFile(join(world.folder, 'big.pdf'), Buffer.concat([pdfOf(1), Buffer.alloc(21_900_000)]));
  await writeFile(join(world.folder, 'big.png'), Buffer.concat([PNG, Buffer.alloc(3_900_000)]));
  const { rows } = await run(
    `scan,photo\n"${dataUri('application/pdf', pdfOf(1))}","${dataUri('image/png', PNG)}"\nbig.pdf,big.png\n`,
  );
  expect(rows[0]?.error).toBeNull();
  expect(requests[0]?.messages[0]?.content).toMatchObject([
    { type: 'text', text: '(medium 1: pdf)' },
    { type: 'media', kind: 'pdf', pages: 1 },
    { type: 'text', text: '(medium 2: image)' },
    { type: 'media', kind: 'image' },
    { type: 'text', text: '{"scan":"(medium 1: pdf)","photo":"(medium 2: image)"}' },
  ]);
  expect(rows[1]?.error?.message).toContain('The media of the row have');
});

test('journal, trace and stored input have the digest, type and size of a medium, and no base64', async () => {
  await photos();
  const { id, rows } = await run(`photo,title\n"${dataUri('image/png', PNG)}",Bridge\n`);
  const entries = JSON.stringify(await world.store.readJournal(`${id}/0/1`));
  expect(entries).toContain('"type":"media"');
  expect(entries).toMatch(/"digest":"[0-9a-f]{64}"/);
  const told = [entries, JSON.stringify(await world.runner.trace(id, 0)), JSON.stringify(rows[0]?.input)];
  for (const each of told) expect(each).not.toContain(PNG.toString('base64'));
  expect(rows[0]?.input).toEqual({
    photo: expect.stringMatching(/^sha256:[0-9a-f]{64} \(image\/png, \d+ bytes\)$/),
    title: 'Bridge',
  });
});

test('the cache answers the same bytes at another place, and not other bytes at the same place', async () => {
  const requests = await photos({ fields: { photo: { type: 'string', media: 'image' } } });
  await writeFile(join(world.folder, 'a.png'), PNG);
  await writeFile(join(world.folder, 'b.png'), PNG);
  await writeFile(join(world.folder, 'c.png'), pngOf(41, 30));
  await world.write('table.csv', 'photo\na.png\nb.png\nc.png\n');
  const id = await world.start({ cache: 'batch', concurrency: 1 });
  await world.runner.drive(id);
  expect(requests).toHaveLength(2);
});

test('an agent whose provider does not take a kind is a problem of the plan', async () => {
  await photos({ fields: { sound: { type: 'string', media: 'audio' } } });
  await world.write('table.csv', 'sound\na.wav\n');
  const { problems } = await world.runner.plan(world.request());
  expect(problems).toContainEqual({
    code: 'agent_incompatible',
    message:
      'The input field "sound" of tester@v1 holds audio, which models of anthropic do not take: use a model of gemini.',
  });
});

test('a batch that continues another keeps the answers of rows with the same data URI', async () => {
  const requests = await photos();
  const first = await run(`photo,title\n"${dataUri('image/png', PNG)}",Bridge\n`);
  await world.write('more.csv', `photo,title\n"${dataUri('image/png', PNG)}",Bridge\n"${OTHER}",Bridge\n`);
  const continues = { batch_id: first.id };
  const id = await world.start(
    {},
    { csv_uri: join(world.folder, 'more.csv'), output_uri: join(world.folder, 'more-out.csv'), continues },
  );
  await world.runner.drive(id);
  expect(requests).toHaveLength(2);
});

test('a replay needs no file, and the next call is refused when the medium has changed', async () => {
  const requests: number[] = [];
  const tool = { name: 'look', description: 'Looks.', inputSchema: { type: 'object' }, idempotent: true };
  world = await startWorld({
    agent: { input: { type: 'object', properties: { photo: { type: 'string', media: 'image' } } } },
    tools: [{ ...tool, execute: async () => ({ content: 'ok', isError: false }) } as unknown as Tool],
    respond: (_row, { request }) => {
      requests.push(request.messages.length);
      if (request.messages.length > 1) throw new AppError('model_permission_denied', 'No.');
      return ask('look', {});
    },
  });
  await writeFile(join(world.folder, 'a.png'), PNG);
  await world.write('table.csv', 'photo\na.png\n');
  const id = await world.start();
  expect((await world.runner.drive(id)).status).toBe('paused');
  expect(requests).toEqual([1, 3]);
  // The row runs again: its first answer is replayed, and the second call has to send the medium once more.
  await writeFile(join(world.folder, 'a.png'), pngOf(5, 5));
  await world.runner.resume(id);
  await world.runner.drive(id);
  expect(requests).toEqual([1, 3]);
  const { rows } = await world.runner.rows(id, { limit: 1 });
  expect(rows[0]?.error).toMatchObject({
    code: 'input_invalid',
    message: expect.stringContaining('has changed since'),
  });
});

test('an estimate counts images by their pixels, and says which media it can not count', async () => {
  await photos();
  const estimated = async (cell: string) => {
    await world.write('table.csv', `photo,title\n"${cell}",Bridge\n`);
    const { estimate, warnings } = await world.runner.plan(world.request());
    return { tokens: estimate?.tokens?.input ?? 0, warnings };
  };
  const small = await estimated(dataUri('image/png', pngOf(28, 28)));
  const large = await estimated(dataUri('image/png', pngOf(1120, 840)));
  expect(large.tokens - small.tokens).toBe(40 * 30 - 1);
  expect(large.warnings).toEqual([]);
});

test('an estimate leaves out what a compressed PDF costs, and says so', async () => {
  await photos({ fields: { scan: { type: 'string', media: 'pdf' } } });
  const packed = Buffer.from(pdfOf(1).toString('latin1').replace('/Root', '/Type /ObjStm /Root'), 'latin1');
  await world.write('table.csv', `scan\n"${dataUri('application/pdf', packed)}"\n`);
  const { warnings } = await world.runner.plan(world.request());
  expect(warnings).toEqual([
    expect.any(String),
    expect.stringContaining('How many tokens 1 of the 1 media looked at will cost is not known'),
  ]);
});

test('a dry run tells of media that are missing', async () => {
  await photos();
  await world.write('table.csv', `photo,title\nnone.png,Bridge\n"${dataUri('image/png', PNG)}",Bridge\n`);
  const { warnings } = await world.runner.plan(world.request());
  expect(warnings[0]).toContain('1 of the 2 rows checked gives no valid input and would fail; the first is row 0');
});

test('a question may declare a column as media, whether or not its prompt names it', async () => {
  const requests = await photos();
  const field = { name: 'answer', type: 'string' as const };
  const model = 'anthropic/claude-haiku-5-5';
  const asked = { type: 'inline' as const, prompt: 'What is in {photo}?', fields: [field], model };
  const csv_uri = await world.write(
    'table.csv',
    `photo,back,title\n"${dataUri('image/png', PNG)}","${OTHER}",Bridge\n`,
  );
  const target = { ...asked, media: { photo: 'image' as const, back: 'image' as const } };
  const id = await world.start({}, { csv_uri, target });
  expect(await world.runner.drive(id)).toMatchObject({ counts: { succeeded: 1 } });
  expect(mediaOf(requests[0] as ModelRequest).map(({ field: name }) => name)).toEqual(['photo', 'back']);
  expect(JSON.stringify(requests[0]?.messages[0]?.content)).toContain('What is in (medium 1: image)?');
  const wrong = world.request(
    {},
    { csv_uri, target: { ...asked, media: { foto: 'image' as const } }, output_uri: '-' },
  );
  expect((await world.runner.plan(wrong)).problems).toMatchObject([
    { code: 'column_unknown', message: expect.stringContaining('Did you mean "photo"?') },
  ]);
});
