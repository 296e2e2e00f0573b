import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createS3Client } from '../../../../src/tables/locations/s3/s3-client.ts';
import type { Tables } from '../../../../src/tables/table.ts';
import { faultOf } from '../../../contracts/tables-place.ts';
import { startTestS3, type TestS3 } from '../../../support/s3.ts';
import { createTestTables, openTable } from '../../../support/tables.ts';

/** How the server takes `If-None-Match: *`: as S3, or as servers that don't have it. */
let condition: 'kept' | 'not-implemented' | 'ignored';
let s3: TestS3;
let tables: Tables;

/** In front of the test server, which ignores the condition. */
const front = createServer((incoming, answer) => void pass(incoming, answer));

async function pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { pathname } = new URL(incoming.url ?? '/', 'http://s3');
  const [, bucket = '', key = ''] = /^\/([^/]+)\/(.*)$/.exec(pathname) ?? [];
  if (incoming.headers['if-none-match'] === '*' && condition !== 'ignored') {
    const isThere = await s3.client.send(new HeadObjectCommand({ Bucket: bucket, Key: key })).then(
      () => true,
      () => false,
    );
    const [status, code] = condition === 'kept' ? [412, 'PreconditionFailed'] : [501, 'NotImplemented'];
    if (isThere || condition === 'not-implemented') {
      incoming.resume().once('end', () => {
        answer.writeHead(status, { 'content-type': 'application/xml' });
        answer.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
      });
      return;
    }
  }
  const { hostname, port } = new URL(s3.options.endpoint ?? '');
  const { method, url, headers } = incoming;
  const on = request({ hostname, port, method, path: url, headers }, (given) => {
    answer.writeHead(given.statusCode ?? 500, given.headers);
    given.pipe(answer);
  });
  incoming.pipe(on);
}

beforeAll(async () => {
  s3 = await startTestS3();
  await once(front.listen(0, '127.0.0.1'), 'listening');
  const endpoint = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  tables = createTestTables({ s3: () => createS3Client({ ...s3.options, endpoint }) });
});
beforeEach(() => {
  condition = 'kept';
});
afterAll(async () => {
  await tables.close();
  front.close();
  await s3.close();
});

async function write(key: string, { bytes = 10, meanwhile = '', batchId = 'bat_1', overwrite = false }) {
  const writer = await openTable(tables, `s3://${s3.bucket}/${key}`, ['a'], { batchId, overwrite });
  if (meanwhile !== '') await s3.put(key, meanwhile);
  for (let left = bytes; left > 0; left -= 500_000) await writer.write([['x'.repeat(Math.min(left, 500_000))]]);
  return writer.commit().finally(() => writer.abort());
}

test.each([10, 9_000_000])('an object that appeared while %i bytes were written is not replaced', async (bytes) => {
  const key = `appeared-${bytes}.csv`;
  const fault = await faultOf(write(key, { bytes, meanwhile: 'of another\n' }));
  expect(fault).toMatchObject({ code: 'output_exists', message: expect.stringContaining(key) });
  expect(String(await s3.get(key))).toBe('of another\n');
  await write(key, { bytes, meanwhile: 'of another\n', overwrite: true });
  expect(String(await s3.get(key))).toMatch(/^a\nx/);
});

test('an object that the same batch wrote before its process died is its table', async () => {
  await write('own.csv', {});
  await write('own.csv', {});
  expect((await faultOf(write('own.csv', { batchId: 'bat_2' }))).code).toBe('output_exists');
});

test.each(['not-implemented', 'ignored'] as const)('a server where the condition is %s gets the table', async (how) => {
  condition = how;
  for (const bytes of [10, 9_000_000]) {
    await write(`${how}-${bytes}.csv`, { bytes });
    expect(String(await s3.get(`${how}-${bytes}.csv`))).toMatch(/^a\nx/);
  }
});
