import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createS3Client } from '../../../../src/tables/locations/s3/s3-client.ts';
import type { Tables } from '../../../../src/tables/table.ts';
import { faultOf, readAll } from '../../../contracts/tables-place.ts';
import { startTestS3, type TestS3 } from '../../../support/s3.ts';
import { createTestTables, openTable } from '../../../support/tables.ts';

/** Between us and S3: cuts each of the next `cuts` connections after this many bytes of answer. */
const CUT_AFTER = 300_000;
let cuts = 0;
let cutsMade = 0;

let s3: TestS3;
let tables: Tables;
const sockets = new Set<Socket>();
const proxy = createServer((near) => {
  const server = new URL(s3.options.endpoint ?? '');
  const far = connect(Number(server.port), server.hostname);
  let answered = 0;
  sockets.add(near).add(far);
  for (const socket of [near, far]) socket.on('error', () => socket.destroy());
  near.pipe(far);
  far.on('data', (chunk) => {
    if (!near.write(chunk)) {
      far.pause();
      near.once('drain', () => far.resume());
    }
    answered += chunk.length;
    if (cuts > 0 && answered > CUT_AFTER) {
      cuts -= 1;
      cutsMade += 1;
      near.destroy();
      far.destroy();
    }
  });
  far.on('close', () => near.end());
  near.on('close', () => far.destroy());
});

beforeAll(async () => {
  s3 = await startTestS3();
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  const endpoint = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  tables = createTestTables({
    roots: [],
    s3: () => createS3Client({ ...s3.options, endpoint }),
  });
});
afterAll(async () => {
  await tables.close();
  for (const socket of sockets) socket.destroy();
  proxy.close();
  await s3.close();
});

const ROWS = 200_000;
const body = `id,text\n${Array.from({ length: ROWS }, (_, index) => `${index},"text ${index}"\n`).join('')}`;

test('goes on reading an object where the connection broke', async () => {
  await s3.put('long.csv', body);
  cuts = 5;
  const { rows } = await readAll(tables, `s3://${s3.bucket}/long.csv`);
  expect(cutsMade).toBe(5);
  expect(rows).toHaveLength(ROWS);
  expect(rows.every((row, index) => row.kind === 'record' && row.cells[0] === String(index))).toBe(true);
});

test('does not go on in an object that was replaced', async () => {
  // More than the sockets on the way hold, so that the answer is still under way when the connection is cut.
  const long = body.repeat(4);
  await s3.put('replaced.csv', long);
  const source = await tables.openSource(`s3://${s3.bucket}/replaced.csv`);
  await s3.put('replaced.csv', long.replaceAll('text', 'other'));
  for (const socket of sockets) socket.destroy();
  const reading = (async () => {
    for await (const rows of source.rows()) expect(rows.length).toBeGreaterThan(0);
  })();
  const fault = await faultOf(reading);
  expect(fault.code).toBe('location_unavailable');
  expect(fault.message).toContain('was replaced');
});

test.each(['table.csv', 'table.csv.gz'])('takes back the parts of a cancelled upload of %s', async (name) => {
  cuts = 0;
  const bucket = await s3.createBucket();
  const writer = await openTable(tables, `s3://${bucket}/${name}`, ['a']);
  for (let part = 0; part < 25; part += 1) await writer.write([[randomBytes(500_000).toString('hex')]]);
  await expect(s3.deleteEmptyBucket(bucket), 'no upload was begun').rejects.toThrow();
  await writer.abort();
  await s3.deleteEmptyBucket(bucket);
});
