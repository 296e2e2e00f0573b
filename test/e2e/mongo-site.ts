import type { Document } from 'mongodb';
import { openTestMongo, type TestMongo, testMongoUri } from '../support/mongodb.ts';
import { createSite, type Report, type RowmillProcess, type Site } from './rowmill-process.ts';

/** A {@link Site} with a collection `conversation_set` of queries; results go to `sentimental_analysis`. */
export interface MongoSite extends Site {
  mongo: TestMongo;
  source: string;
  target: string;
  /** The arguments of a run over the collection. */
  args(...more: string[]): string[];
  /** Starts a run. */
  start(...more: string[]): RowmillProcess;
  /** Runs to the end. */
  run(...more: string[]): Promise<Report>;
  add(rows: number, fields?: Document): Promise<void>;
  documents(): Promise<Document[]>;
  results(): Promise<Document[]>;
  /** Everything that the database holds, its indexes too. */
  digest(): Promise<string>;
}

const agent = (model: string) => `agents:
  - name: sorter
    model: ${model}
    instructions: Sort the query.
    input: { type: object, properties: { query: { type: string } }, required: [query] }
    structured_output:
      enabled: true
      schema: { type: object, properties: { intent: { type: string } }, required: [intent] }
`;

/** Answers every query. */
export const ANSWERS = `rules:
  - reply: { tool_calls: [{ name: return_structured_data, input: { intent: refund } }] }
`;

/** Makes a site with some queries. @param model the model at `modelUrl`; without one, a script answers */
export async function createMongoSite({
  rows,
  script = ANSWERS,
  model = '{ provider: scripted, model: ./script.yaml }',
  modelUrl = '',
  serverUri,
}: {
  rows: number;
  script?: string;
  model?: string;
  modelUrl?: string;
  /** A server, by default that of `ROWMILL_TEST_MONGODB_URI`. */
  serverUri?: string;
}): Promise<MongoSite> {
  const mongo = await openTestMongo(serverUri);
  const site = await createSite(agent(model), {
    ROWMILL_MONGODB_URI: serverUri ?? testMongoUri ?? '',
    ROWMILL_LOG_LEVEL: 'error',
    ANTHROPIC_BASE_URL: modelUrl,
  });
  await site.write('script.yaml', script);
  const queries = mongo.db.collection('conversation_set');
  let count = 0;
  const add = async (more: number, fields: Document = {}) => {
    const from = count;
    count += more;
    const documents = Array.from({ length: more }, (_, at) => ({ query: `Where is order ${from + at}?`, ...fields }));
    if (more > 0) await queries.insertMany(documents);
  };
  await add(rows);
  const [source, target] = [mongo.uri('conversation_set'), mongo.uri('sentimental_analysis')];
  const args = (...more: string[]) => ['run', source, '--agent', 'sorter', '--out', target, ...more];
  return {
    ...site,
    ...{ mongo, source, target, args, add },
    start: (...more) => site.rowmill(...args(...more), '--json'),
    run: (...more) => site.json(...args(...more)),
    documents: () => queries.find().toArray(),
    results: () => mongo.db.collection('sentimental_analysis').find().toArray(),
    async digest() {
      const names = (await mongo.db.listCollections().toArray()).map(({ name }) => String(name)).sort();
      const all = names.map(async (name) => {
        const [documents, indexes] = await Promise.all([
          mongo.db.collection(name).find().sort({ _id: 1 }).toArray(),
          mongo.db.collection(name).indexes(),
        ]);
        return { name, documents, indexes };
      });
      return JSON.stringify(await Promise.all(all));
    },
    async close() {
      await site.close();
      await mongo.close();
    },
  };
}
