import { randomBytes } from 'node:crypto';
import { type Db, MongoClient } from 'mongodb';

/** Ends the name of a group of tests that need a server. */
export const NEEDS_MONGO =
  '(skipped without ROWMILL_TEST_MONGODB_URI; "bash test/support/mongodb.sh up DIR PORT" starts a server)';

/** The server of the tests; without it they are skipped. */
export const testMongoUri: string | undefined = process.env['ROWMILL_TEST_MONGODB_URI'];

/** A database of its own on the server of the tests. */
export interface TestMongo {
  client: MongoClient;
  db: Db;
  /** The URI of the database; `name` adds a collection. It may hold the credentials of `ROWMILL_TEST_MONGODB_URI`. */
  uri(name?: string): string;
  /** Drops the database. */
  close(): Promise<void>;
}

/** Makes a database on a server, by default on that of `ROWMILL_TEST_MONGODB_URI`. */
export async function openTestMongo(serverUri = testMongoUri ?? ''): Promise<TestMongo> {
  const [, server, options = ''] = /^(mongodb(?:\+srv)?:\/\/[^/?]+)[^?]*(\?.*)?$/.exec(serverUri) ?? [];
  if (server === undefined) throw new Error('ROWMILL_TEST_MONGODB_URI must be a URI such as mongodb://127.0.0.1:27117');
  const name = `rowmill_${randomBytes(6).toString('hex')}`;
  const client = await new MongoClient(`${server}/${options}`).connect();
  const db = client.db(name);
  return {
    client,
    db,
    uri: (collection) => `${server}/${name}${collection === undefined ? '' : `/${collection}`}${options}`,
    close: async () => {
      await db.dropDatabase();
      await client.close();
    },
  };
}
