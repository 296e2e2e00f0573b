import type { Json } from '../../src/protocol/messages.ts';
import { openMongoTables } from '../support/mongo-tables.ts';
import type { LiveBench } from './row-source.ts';
import type { RecordsBench } from './row-writer.ts';

/** Collections as a live source. @param serverUri a server, by default that of `ROWMILL_TEST_MONGODB_URI` */
export async function openSourceBench(serverUri?: string): Promise<LiveBench> {
  const claims = new Map<string, number>();
  const { mongo, tables, close } = await openMongoTables(
    {
      pageRows: 19,
      onClient: (client) =>
        client.on('commandStarted', ({ command, commandName }) => {
          const name = String(command['update']);
          const isClaim = commandName === 'update' && JSON.stringify(command).includes('rowmill.epoch');
          if (isClaim) claims.set(name, (claims.get(name) ?? 0) + 1);
        }),
    },
    serverUri,
  );
  return {
    tables,
    columns: ['_id', 'q'],
    missing: mongo.uri('missing'),
    async put(name, cells) {
      await mongo.db.collection<{ _id: number; q: string }>(name).insertMany(cells.map((q, at) => ({ _id: at, q })));
      return mongo.uri(name);
    },
    fetches: (uri) => claims.get(uri.split('/').at(-1) ?? '') ?? 0,
    close,
  };
}

/** Collections of results. @param serverUri as of {@link openSourceBench} */
export async function openWriterBench(serverUri?: string): Promise<RecordsBench> {
  const { mongo, tables, close } = await openMongoTables({}, serverUri);
  return {
    async open() {
      const writer = await tables.openWriter(mongo.uri('results'), ['q']);
      if (writer.kind !== 'records') throw new Error('It takes no records.');
      return {
        ...writer,
        write: (records) => writer.write(records.map((one) => ({ ...one, key: JSON.stringify(one.key) }))),
      };
    },
    kept: ({ key, batchId, output, endedAt }) =>
      output === null
        ? undefined
        : {
            ...{ query_id: key, source_id: JSON.stringify(key), classification: output },
            ...{ processed_at: new Date(endedAt).toISOString(), batch_id: batchId },
            usage: {
              input_tokens: 10,
              output_tokens: 5,
              cache_read_tokens: 0,
              cache_write_tokens: 0,
              cost_usd: 0.000_012_5,
            },
          },
    async stored() {
      const found = await mongo.db
        .collection('results')
        .find({}, { projection: { _id: 0 } })
        .toArray();
      const plain = JSON.parse(JSON.stringify(found)) as Record<string, Json>[];
      return new Map(plain.map((one) => [String(one['query_id']), one]));
    },
    close,
  };
}
