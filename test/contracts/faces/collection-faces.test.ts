import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/protocol/messages.ts';
import type { StoredPlan } from '../../../src/runner/contract/report/stored-plan.ts';
import { type MemoryServer, startMemoryServer } from '../../support/mongo-memory/memory-server.ts';
import { COLLECTION_VALUES } from './face-values.ts';
import { FACE_NAMES, storedPlanBy } from './start-by-face.ts';

const names = Object.keys(COLLECTION_VALUES);
const reading = Object.fromEntries(Object.entries(COLLECTION_VALUES).map(([name, { value }]) => [name, value]));

describe('a collection that is read and written as asked', () => {
  let server: MemoryServer;
  beforeAll(async () => {
    server = await startMemoryServer();
    const client = new MongoClient(server.uri);
    await client
      .db('shop')
      .collection('people')
      .insertMany(Array.from({ length: 60 }, (_, at) => ({ name: `Ann ${at}`, priority: at + 1 })));
    await client.close();
  });
  afterAll(() => server.close());

  /** Sampled, because a batch that watches has no end. */
  const start = (face: string, output: { uri: string; flags: string[]; options?: JsonObject }) =>
    storedPlanBy(face, {
      collection: { uri: `${server.uri}/shop/people`, serverUri: server.uri },
      fields: { reading, output_uri: output.uri, options: { sample: 1, ...output.options } } as JsonObject,
      flags: ['--sample', '1', ...Object.values(COLLECTION_VALUES).flatMap(({ flags }) => flags), ...output.flags],
    });

  describe.each(FACE_NAMES)('through %s', { timeout: 60_000 }, (face) => {
    let plan: StoredPlan;
    beforeAll(async () => {
      const uri = `${server.uri}/shop/answers_${face}`;
      plan = await start(face, { uri, flags: ['--out', uri] });
    });

    it.each(names)('keeps the option %s', (name) => {
      expect(plan.request.reading).toHaveProperty(name, COLLECTION_VALUES[name]?.value);
    });

    it('keeps the collection of results', () => {
      expect(plan.outputUri).toBe(`${server.uri}/shop/answers_${face}`);
    });

    it('refuses the style of a text', async () => {
      const uri = `${server.uri}/shop/refused_${face}`;
      const flags = ['--out', uri, '--bom', '--out-delimiter', ';', '--spreadsheet-safe'];
      const options = { bom: true, out_delimiter: ';', spreadsheet_safe: true };
      const refusal = /has no \S+spreadsheet.safe and no \S+bom and no \S+out.delimiter: leave/;
      await expect(start(face, { uri, flags, options })).rejects.toThrow(refusal);
    });

    it('keeps the field that answers are set in', async () => {
      const uri = `${server.uri}/shop/people#greeting_${face}`;
      const { outputUri } = await start(face, { uri, flags: ['--write-back', `greeting_${face}`] });
      expect(outputUri).toBe(uri);
    });
  });
});
