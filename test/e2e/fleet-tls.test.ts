import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, vi } from 'vitest';
import { createAuthority } from '../support/certificate.ts';
import { createFleetSite, type FleetSite, type OwnRedis, startRedis } from './fleet-site.ts';
import { onRedis } from './on-redis.ts';
import { expectedTable, tableOf } from './two-turn-site.ts';

vi.setConfig({ testTimeout: 300_000 });

let site: FleetSite | undefined;
let redis: OwnRedis | undefined;
let folder: string;
afterEach(async () => {
  await site?.close();
  await redis?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** As in docs/fleet.md. */
const RIGHTS = ['~rowmill:*', '+@all', '-@dangerous', '+info'];

onRedis('a Redis with TLS and a user who has only the keys of the fleet is enough', async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-tls-'));
  const authority = createAuthority('Rowmill test authority');
  const { cert, key } = authority.issue('127.0.0.1');
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const ca = await write('ca.pem', authority.cert);
  const [certFile, keyFile] = [await write('cert.pem', cert), await write('key.pem', key)];
  redis = await startRedis('127.0.0.1', (port) => [
    ...['--port', '0', '--tls-port', `${port}`, '--tls-cert-file', certFile, '--tls-key-file', keyFile],
    ...['--tls-ca-cert-file', ca, '--tls-auth-clients', 'no'],
    ...['--user', 'default', 'off', '--user', 'fleet', 'on', '>a-password', ...RIGHTS],
  ]);
  const url = redis.url.replace('redis://', 'rediss://fleet:a-password@');
  site = await createFleetSite(url, { rows: 20, latencyMs: [2, 10], seed: 16, key: 'a key of the fleet' });
  const trusted = { NODE_EXTRA_CA_CERTS: ca };
  await site.workerWith(trusted, 'w1');
  const run = site.rowmillWith(
    { ...site.env, ...trusted },
    ...['run', 'table.csv', '--agent', 'counter', '--mode', 'fleet', '--out', 'out.csv', '--json'],
  );
  const { json } = await run.ended;
  expect(run.stderr()).not.toContain('NOPERM');
  expect(json).toMatchObject({ status: 'completed', executor: 'fleet', counts: { succeeded: 20 }, model_calls: 40 });
  expect(tableOf(await site.read('out.csv'))).toEqual(expectedTable(site.words));
  const untrusting = await site.rowmill('workers', '--json').ended;
  expect(untrusting.code).not.toBe(0);
});
