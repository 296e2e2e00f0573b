import { mkdir, mkdtemp, realpath, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createS3Client } from '../../../src/tables/locations/s3/s3-client.ts';
import type { Tables } from '../../../src/tables/table.ts';
import { faultOf, readAll } from '../../contracts/tables-place.ts';
import { startTestS3, type TestS3 } from '../../support/s3.ts';
import { createTestTables, openTable } from '../../support/tables.ts';

let base: string;
let root: string;
let s3: TestS3;
let tables: Tables;

beforeAll(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-bad-')));
  root = join(base, 'allowed');
  await mkdir(join(root, 'folder.csv'), { recursive: true });
  await mkdir(join(base, 'outside'));
  await writeFile(join(base, 'outside', 'secret.csv'), 'a\n1\n');
  await writeFile(join(root, 'ok.csv'), 'a\n1\n');
  s3 = await startTestS3();
  tables = createTestTables({ roots: [root], s3: () => createS3Client(s3.options) });
});
afterAll(async () => {
  await tables.close();
  await s3.close();
  await rm(base, { recursive: true });
});

describe('URIs', () => {
  test.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['https://example.org/a.csv', 'https://'],
    ['gs://bucket/a.csv', 's3://bucket/key'],
    ['s3://', 'bucket name'],
    ['s3://Not_A_Bucket/a.csv', 'Not_A_Bucket'],
    ['s3://bucket', 'add its key'],
    ['s3://bucket/', 'add its key'],
    ['file://host/a.csv', 'file:///'],
    ['a\0.csv', 'NUL'],
  ])('refuses %j', async (uri, hint) => {
    const fault = await faultOf(tables.openSource(uri));
    expect(fault.code).toBe('uri_invalid');
    expect(fault.message).toContain(hint);
  });

  test('reads a file URL with blanks', async () => {
    await writeFile(join(root, 'with blank.csv'), 'a\n1\n');
    const uri = pathToFileURL(join(root, 'with blank.csv')).href;
    expect((await readAll(tables, uri)).columns).toEqual(['a']);
  });
});

test('names the file with the nearest name where there is none of this name', async () => {
  await writeFile(join(root, 'messages.csv'), 'a\n1\n');
  const near = await faultOf(tables.openSource(join(root, 'mesages.csv')));
  expect(near).toMatchObject({
    code: 'file_not_found',
    message: expect.stringContaining('did you mean "messages.csv"?'),
  });
  const far = await faultOf(tables.openSource(join(root, 'quite-another.parquet')));
  expect(far).toMatchObject({ code: 'file_not_found', message: expect.stringContaining('check the path') });
});

describe('allowed folders', () => {
  const outside = () => join(base, 'outside', 'secret.csv');

  test('refuses to read and write outside, by any way', async () => {
    await symlink(outside(), join(root, 'link.csv'));
    await symlink(join(base, 'outside'), join(root, 'linked'));
    await symlink(join(base, 'nowhere'), join(root, 'broken'));
    const ways = [
      outside(),
      join(root, '..', 'outside', 'secret.csv'),
      `${root}-not/a.csv`,
      join(root, 'link.csv'),
      join(root, 'linked', 'secret.csv'),
      join(root, 'linked', 'new', 'deep.csv'),
      join(root, 'broken'),
      join(root, 'broken', 'x.csv'),
    ];
    for (const way of ways) {
      expect((await faultOf(tables.openSource(way))).code, way).toBe('file_not_allowed');
      const named = way.endsWith('.csv') ? way : `${way}/a.csv`;
      expect((await faultOf(tables.openWriter(named, ['a']))).code, named).toBe('file_not_allowed');
      expect((await faultOf(tables.checkWriter(named, []))).code, named).toBe('file_not_allowed');
    }
    expect((await faultOf(tables.openSource(outside()))).message).toContain(root);
  });

  test('does not tell whether a file outside exists', async () => {
    const missing = await faultOf(tables.openSource(join(base, 'outside', 'missing.csv')));
    expect(missing.code).toBe('file_not_allowed');
  });

  test('follows links that stay inside, and sees through them that an output is the source', async () => {
    await symlink(join(root, 'ok.csv'), join(root, 'inside.csv'));
    expect((await readAll(tables, join(root, 'inside.csv'))).rows).toHaveLength(1);
    const fault = await faultOf(tables.checkWriter(join(root, 'inside.csv'), [join(root, 'ok.csv')]));
    expect(fault.code).toBe('output_is_source');
  });
});

describe('files that are no tables', () => {
  async function faultOfFile(name: string, body: Buffer | string) {
    await writeFile(join(root, name), body);
    const fault = await faultOf(tables.openSource(join(root, name)));
    expect(fault.message).toContain(name);
    return fault;
  }

  test.each([
    ['zip.csv', Buffer.from('PK\x03\x04rest'), 'name a workbook .xlsx'],
    ['pdf.csv', '%PDF-1.7 …', 'PDF'],
    ['nul.csv', 'a,b\n1,\0\n', 'binary'],
    ['noise.txt', Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 89) % 256)), 'binary'],
    ['page.csv', '<!DOCTYPE html><html></html>', 'web page'],
    ['pretty.dat', '{\n  "a": 1\n}', 'one object per line'],
    ['sheet.xlsx', 'a,b\n', 'no Excel workbook'],
    ['old.xlsx', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'with a password'],
    ['rows.json', '{"rows": [{"a": 1}]}', 'jq .rows'],
    ['text.json', '"a"', 'no JSON array'],
    ['cut.xlsx', Buffer.from('PK\x03\x04rest'), 'cut off'],
    ['quote.csv', '"a,b\n1,2\n', 'line 1'],
  ])('refuses %s', async (name, body, hint) => {
    const fault = await faultOfFile(name, body);
    expect(fault.code).toBe('not_a_table');
    expect(fault.message).toContain(hint);
  });

  test('refuses other formats by name', async () => {
    expect((await faultOfFile('sheet.xls', 'a,b\n')).code).toBe('format_unsupported');
  });

  test('tells a folder from a file', async () => {
    expect((await faultOf(tables.openSource(join(root, 'folder.csv')))).message).toContain('holds no table');
    expect((await faultOf(tables.openWriter(join(root, 'folder.csv'), ['a']))).code).toBe('uri_invalid');
    expect((await faultOf(tables.checkWriter(join(root, 'folder.csv'), []))).code).toBe('uri_invalid');
    expect((await faultOf(tables.checkWriter(join(root, 'ok.csv', 'x.csv'), []))).code).toBe('uri_invalid');
  });

  test('tells damaged gzip, at the start and in the middle', async () => {
    expect((await faultOfFile('start.csv.gz', Buffer.from([0x1f, 0x8b, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9]))).code).toBe(
      'not_a_table',
    );
    const lines = Array.from({ length: 100_000 }, (_, index) => `${index},${Math.imul(index, 0x9e3779b1)}\n`).join('');
    const cut = gzipSync(`a,b\n${lines}`);
    await writeFile(join(root, 'cut.csv.gz'), cut);
    await truncate(join(root, 'cut.csv.gz'), cut.length - 100);
    const fault = await faultOf(readAll(tables, join(root, 'cut.csv.gz')));
    expect(fault.code).toBe('not_a_table');
    expect(fault.message).toContain('damaged gzip');
  });
});

describe('S3', () => {
  test('tells a missing bucket from a missing object', async () => {
    expect((await faultOf(tables.openSource(`s3://${s3.bucket}/missing.csv`))).code).toBe('file_not_found');
    const fault = await faultOf(tables.openSource('s3://rowmill-no-such-bucket/a.csv'));
    expect(fault.code).toBe('bucket_not_found');
    expect(fault.message).toContain('rowmill-no-such-bucket');
  });

  test('tells a missing bucket before anything is written to it, and when it is', async () => {
    const uri = 's3://rowmill-no-such-bucket/a.csv';
    expect((await faultOf(tables.checkWriter(uri, []))).code).toBe('bucket_not_found');
    const writer = await openTable(tables, uri, ['a']);
    await writer.write([['1']]);
    expect((await faultOf(writer.commit())).code).toBe('bucket_not_found');
    await writer.abort();
  });

  test('tells a server that is not there', async () => {
    const gone = createTestTables({
      roots: [],
      s3: () => createS3Client({ ...s3.options, endpoint: 'http://127.0.0.1:9' }),
    });
    const fault = await faultOf(gone.openSource('s3://bucket/a.csv'));
    expect(fault).toMatchObject({ code: 'location_unavailable', retryable: true });
    await gone.close();
  });

  test('is not asked for by plain paths', async () => {
    let asked = 0;
    const plain = createTestTables({
      roots: [root],
      s3: () => {
        asked += 1;
        return createS3Client(s3.options);
      },
    });
    await readAll(plain, join(root, 'ok.csv'));
    expect(asked).toBe(0);
    await s3.put('lazy.csv', 'a\n1\n');
    await readAll(plain, `s3://${s3.bucket}/lazy.csv`);
    await readAll(plain, `s3://${s3.bucket}/lazy.csv`);
    expect(asked).toBe(1);
    await plain.close();
  });
});

test('ends reading when it is cancelled', async () => {
  await writeFile(join(root, 'long.csv'), `a\n${'x\n'.repeat(500_000)}`);
  const source = await tables.openSource(join(root, 'long.csv'));
  const abort = new AbortController();
  const reading = (async () => {
    for await (const _ of source.rows(abort.signal)) abort.abort();
  })();
  expect((await faultOf(reading)).code).toBe('aborted');
  await source.close();
  await source.close();
});
