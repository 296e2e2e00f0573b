import { createSilentLog } from '../../src/base/log.ts';
import type { LocationKind } from '../../src/tables/locations/location-kind.ts';
import { createMongoLocations, type MongoParts } from '../../src/tables/mongodb/mongo-locations.ts';
import type { Tables } from '../../src/tables/table.ts';
import { openTestMongo, type TestMongo } from './mongodb.ts';
import { createTestTables } from './tables.ts';

/** A database of its own, and tables that reach it. */
export interface MongoTables {
  mongo: TestMongo;
  kind: LocationKind;
  tables: Tables;
  close(): Promise<void>;
}

/**
 * Opens both.
 * @param parts what the tests change
 * @param serverUri a server, by default that of `ROWMILL_TEST_MONGODB_URI`
 */
export async function openMongoTables(parts: Partial<MongoParts> = {}, serverUri?: string): Promise<MongoTables> {
  const mongo = await openTestMongo(serverUri);
  const kind = createMongoLocations({ serverUri: mongo.uri(), log: createSilentLog(), ...parts });
  const tables = createTestTables({ locations: [kind] });
  return {
    ...{ mongo, kind, tables },
    async close() {
      await tables.close();
      await mongo.close();
    },
  };
}
