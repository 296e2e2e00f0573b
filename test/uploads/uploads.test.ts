import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId } from '../../src/base/ids.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { openSqliteStore } from '../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../src/storage/store.ts';
import { createByteLocations } from '../../src/tables/locations/byte-locations.ts';
import { createUploadStore, uploadPath } from '../../src/tables/locations/upload-locations.ts';
import { createTables } from '../../src/tables/tables.ts';
import { createUploads, type Uploads } from '../../src/uploads/uploads.ts';

const TABLE = 'name,town\nAnn,Oslo\nBob,Rome\n';
const SHA256 = createHash('sha256').update(TABLE).digest('hex');
const LIMITS = { maxBytes: 1_000, maxTotalBytes: 1_500, keepMs: 10_000 };

let folder: string;
let store: Store;
let uploads: Uploads;
let now: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-uploads-'));
  store = await openSqliteStore({ path: join(folder, 'rowmill.db'), now: Date.now, log: createSilentLog() });
  now = 1_000;
  uploads = createUploads({
    store,
    pathOf: (id) => uploadPath(join(folder, 'uploads'), id),
    limits: LIMITS,
    newId: () => newId('upl'),
    now: () => now,
  });
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

async function* chunks(...parts: (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) {
    if (part instanceof Error) throw part;
    yield Buffer.from(part);
  }
}
const arriving = (...parts: (string | Error)[]) => ({ body: chunks(...parts) });
const files = () => readdir(join(folder, 'uploads'));
const announced = (change: { bytes?: number; sha256?: string } = {}) => ({
  ...{ name: 'people.csv', bytes: undefined },
  ...change,
});

function tables() {
  const found = createUploadStore({ folder: join(folder, 'uploads'), find: store.readUpload });
  return createTables({ roots: [folder], locations: [createByteLocations(found)], log: createSilentLog() });
}

describe('a whole file', () => {
  it('is stored for this user only, with its digest, and is a table by its URI and its own name', async () => {
    const upload = await uploads.receive(announced(), 'ann', arriving(TABLE.slice(0, 5), TABLE.slice(5)));
    expect(upload).toMatchObject({ name: 'people.csv', owner: 'ann', bytes: 28, offset: 28, sha256: SHA256 });
    const path = uploadPath(join(folder, 'uploads'), upload.id);
    expect(await readFile(path, 'utf8')).toBe(TABLE);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, 'uploads'))).mode & 0o777).toBe(0o700);
    const profile = await tables().profile(upload.uri);
    expect(profile).toMatchObject({ uri: upload.uri, rowCount: 2, format: { name: 'csv' } });
  });

  it.each([
    ['the client goes away', announced({ bytes: 28 }), [TABLE.slice(0, 9), new Error('socket')], 'aborted'],
    ['it ends early', announced({ bytes: 28 }), [TABLE.slice(0, 9)], 'aborted'],
    ['it is longer than announced', announced({ bytes: 20 }), [TABLE], 'payload_too_large'],
    ['it is longer than one may be', announced(), ['x'.repeat(1_001)], 'payload_too_large'],
    ['its bytes are other ones', announced({ sha256: 'ab' }), [TABLE], 'upload_damaged'],
  ])('leaves nothing behind when %s', async (_, file, parts, code) => {
    await expect(uploads.receive(file, 'ann', arriving(...parts))).rejects.toMatchObject({ code });
    expect(await files()).toEqual([]);
    expect(await store.readUploadBytes()).toBe(0);
  });

  it('is refused before its first byte when it is too large, or when all uploads would be', async () => {
    const body = () => arriving(new Error('read'));
    const told = { code: 'payload_too_large', message: /larger than 1 kB.*ROWMILL_UPLOAD_MAX_GB/ };
    await expect(uploads.receive(announced({ bytes: 1_001 }), 'ann', body())).rejects.toMatchObject({
      ...told,
      message: expect.stringMatching(told.message),
    });
    await uploads.announce({ name: 'a.csv', bytes: 600 }, 'ann');
    const second = uploads.receive(announced({ bytes: 901 }), 'ann', body());
    await expect(second).rejects.toMatchObject({ code: 'uploads_full' });
  });
});

describe('a file in parts', () => {
  it('continues where it stands after its client went away, and is complete with its last byte', async () => {
    const { id, uri } = await uploads.announce({ name: 'people.csv', bytes: 28 }, 'ann');
    const part = (offset: number, ...parts: (string | Error)[]) =>
      uploads.append(id, { offset, ...arriving(...parts) });
    await expect(part(0, TABLE.slice(0, 9), new Error('socket'))).rejects.toMatchObject({ code: 'aborted' });
    await expect(tables().profile(uri)).rejects.toMatchObject({ message: expect.stringContaining('not complete') });
    await expect(part(0, TABLE)).rejects.toMatchObject({
      code: 'upload_conflict',
      message: expect.stringContaining('Upload-Offset: 9.'),
    });
    expect(await uploads.read(id, {})).toMatchObject({ offset: 9, sha256: null });
    expect(await part(9, TABLE.slice(9))).toMatchObject({ offset: 28, sha256: SHA256 });
    await expect(part(28, 'x')).rejects.toMatchObject({ code: 'upload_conflict' });
    expect((await tables().profile(uri)).rowCount).toBe(2);
  });

  it('takes bytes of one request at a time, and no more than were announced', async () => {
    const { id } = await uploads.announce({ name: 'people.csv', bytes: 5 }, 'ann');
    const { promise: rest, resolve: arrive } = Promise.withResolvers<void>();
    async function* slow() {
      yield Buffer.from('ab');
      await rest;
      yield Buffer.from('c');
    }
    const first = uploads.append(id, { offset: 0, body: slow() });
    await expect(uploads.append(id, { offset: 0, ...arriving('x') })).rejects.toMatchObject({
      code: 'upload_conflict',
    });
    await expect(uploads.remove(id, {})).rejects.toMatchObject({ code: 'upload_conflict' });
    arrive();
    expect(await first).toMatchObject({ offset: 3, completedAt: null });
    const more = uploads.append(id, { offset: 3, ...arriving('defg') });
    await expect(more).rejects.toMatchObject({ code: 'payload_too_large' });
  });
});

describe('uploads', () => {
  it('belong to their owner', async () => {
    const { id } = await uploads.receive(announced(), 'ann', arriving(TABLE));
    const bob = { owner: 'bob' };
    await expect(uploads.read(id, bob)).rejects.toMatchObject({ code: 'not_found' });
    await expect(uploads.remove(id, bob)).rejects.toMatchObject({ code: 'not_found' });
    await expect(uploads.append(id, { ...bob, offset: 0, ...arriving('x') })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await uploads.list({ ...bob, limit: 5 })).toEqual([]);
    await expect(uploads.use(`upload://${id}#Sheet1`, bob)).rejects.toMatchObject({ code: 'not_found' });
    now += 5;
    await uploads.use(`upload://${id}#Sheet1`, { owner: 'ann' });
    expect((await uploads.read(id, {})).usedAt).toBe(now);
    await uploads.use('people.csv', bob);
    await uploads.remove(id, { owner: 'ann' });
    expect(await files()).toEqual([]);
  });

  it('expire unless something names them', async () => {
    const [old, named] = [
      await uploads.receive(announced(), 'ann', arriving(TABLE)),
      await uploads.receive(announced(), 'ann', arriving(TABLE)),
    ];
    const request = { csv_uri: named.uri };
    await store.insertDraft({ id: 'dra_1', owner: 'ann', name: null, request, createdAt: 1 });
    now += LIMITS.keepMs;
    await uploads.sweep();
    expect(await files()).toHaveLength(2);
    now += 1;
    await uploads.sweep();
    expect(await files()).toEqual([`${named.id}.data`]);
    await expect(tables().profile(old.uri)).rejects.toMatchObject({ code: 'file_not_found' });
    await expect(uploads.remove(named.id, {})).rejects.toMatchObject({ code: 'upload_conflict' });
  });

  it.each(['upload://', 'upload://../x', 'upload://upl_x', 'upload://upl_0123456789abcdefghi/../x'])(
    'are not named by %s',
    async (uri) => {
      await expect(tables().profile(uri)).rejects.toMatchObject({ code: 'uri_invalid' });
    },
  );

  it('are never written to as tables', async () => {
    const { uri } = await uploads.receive(announced(), 'ann', arriving(TABLE));
    await expect(tables().checkWriter(uri, [])).rejects.toMatchObject({ code: 'uri_invalid' });
  });
});
