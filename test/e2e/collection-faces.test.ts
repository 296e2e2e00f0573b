import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { StoredPlan } from '../../src/runner/contract/report/stored-plan.ts';
import { createWorkspace, type Workspace } from '../cli/workspace.ts';
import { COLLECTION_VALUES } from '../contracts/faces/face-values.ts';
import { type MemoryServer, startMemoryServer } from '../support/mongo-memory/memory-server.ts';

const KEY = 'secret-key';
const reading = Object.fromEntries(Object.entries(COLLECTION_VALUES).map(([name, { value }]) => [name, value]));

let database: MemoryServer;
/** The machine of the server, and that of a client that can not reach the database. */
let there: Workspace;
let here: Workspace;
let url = '';

beforeAll(async () => {
  database = await startMemoryServer();
  const client = new MongoClient(database.uri);
  await client
    .db('shop')
    .collection('people')
    .insertMany(Array.from({ length: 60 }, (_, at) => ({ name: `Ann ${at}`, priority: at + 1 })));
  await client.close();
  [here, there] = await Promise.all([createWorkspace(), createWorkspace()]);
  const env = { ROWMILL_API_KEYS: KEY, ROWMILL_MONGODB_URI: database.uri };
  const serving = there.start(['serve', '--port', '0'], { env });
  await serving.until(/Listening on/);
  url = /http:\/\/[\d.:]+/.exec(serving.stdout())?.[0] ?? '';
});

afterAll(async () => {
  await Promise.all([here.close(), there.close()]);
  await database.close();
});

async function post(path: string, body: unknown): Promise<unknown> {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** The plan of the batch that was started last. */
function storedPlan(): StoredPlan {
  const store = new DatabaseSync(join(there.folder, 'data', 'rowmill.db'), { readOnly: true });
  const { plan } = store.prepare('SELECT plan FROM batches ORDER BY key DESC LIMIT 1').get() as { plan: string };
  store.close();
  return JSON.parse(plan) as StoredPlan;
}

/** Sampled, because a batch that watches has no end. */
const request = (output: string) => ({
  csv_uri: `${database.uri}/shop/people`,
  output_uri: output,
  target: { type: 'agent', name: 'greeter' },
  reading,
  options: { sample: 1 },
});

const STARTS: Record<string, (output: string) => Promise<unknown>> = {
  '--server': async (output) => {
    const flags = Object.values(COLLECTION_VALUES).flatMap((value) => value.flags);
    const [uri = '', field] = output.split('#');
    const target = field === undefined ? ['--out', uri] : ['--write-back', field];
    const args = ['run', `${database.uri}/shop/people`, '-a', 'greeter', '--sample', '1', ...flags, ...target];
    const ended = await here.run(['--server', url, ...args, '--json'], { env: { ROWMILL_API_KEY: KEY } });
    if (ended.code !== 4) throw new Error(`${ended.code}: ${ended.stdout} ${ended.stderr}`);
  },
  REST: (output) => post('/v1/batches', request(output)),
  'a schedule': async (output) => {
    const name = output.replaceAll(/\W+/g, '-').slice(-40).replace(/^\W+/, '').toLowerCase();
    const action = { type: 'run_batch', request: request(output) };
    await post('/v1/schedules', { name, cron: '0 2 1 1 *', time_zone: 'UTC', max_cost_usd: 1, action });
    await post(`/v1/schedules/${name}/trigger`, {});
  },
};

it.each(
  Object.keys(STARTS).flatMap((face) => [
    [face, 'answers'],
    [face, 'people#greeting'],
  ]),
)('a collection is read and written as asked through %s, into %s', { timeout: 120_000 }, async (face, output) => {
  const uri = `${database.uri}/shop/${output}`;
  await STARTS[face]?.(uri);
  const { request: stored, outputUri } = storedPlan();
  expect(stored.reading).toEqual(reading);
  expect(outputUri).toBe(uri);
});
