import { expect, it } from 'vitest';
import { createSilentLog } from '../../../../src/base/log.ts';
import { parseCollectionUri } from '../../../../src/tables/mongodb/connection/collection-uri.ts';
import { checkCollectionReading } from '../../../../src/tables/mongodb/documents/query.ts';
import { createMongoLocations } from '../../../../src/tables/mongodb/mongo-locations.ts';
import { faultOf } from '../../../contracts/tables-place.ts';
import { createTestTables } from '../../../support/tables.ts';

const tablesFor = (serverUri?: string) =>
  createTestTables({ locations: [createMongoLocations({ serverUri, log: createSilentLog() })] });

it('reads hosts, database, collection, options and the field of a URI', () => {
  expect(parseCollectionUri('mongodb://H1,h2:27018/shop/queries.open?replicaSet=r#answer.v2')).toEqual({
    uri: 'mongodb://H1,h2:27018/shop/queries.open?replicaSet=r#answer.v2',
    identity: 'mongodb://h1:27017,h2:27018/shop/queries.open',
    scheme: 'mongodb',
    hosts: ['h1:27017', 'h2:27018'],
    database: 'shop',
    collection: 'queries.open',
    options: 'replicaSet=r',
    field: 'answer.v2',
  });
});

it.each([
  'mongodb://h',
  'mongodb://h/db',
  'mongodb://h/db/',
  'mongodb:///db/c',
  'mongodb://h/db/c#',
  'mongodb://h/db/c#$set',
])('refuses %s, which names no collection or no field', (uri) => {
  expect(() => parseCollectionUri(uri)).toThrowError(expect.objectContaining({ code: 'uri_invalid' }));
});

it('refuses a URI with a password before anything is connected, and says where it belongs', async () => {
  const tables = tablesFor();
  const fault = await faultOf(tables.openSource('mongodb://ann:secret@db.example.com/shop/queries'));
  expect(fault).toMatchObject({ code: 'uri_invalid' });
  expect(fault.message).toContain('ROWMILL_MONGODB_URI');
  expect(fault.message).not.toContain('secret');
  await tables.close();
});

it('uses the server of ROWMILL_MONGODB_URI alone, and without it servers on this machine', async () => {
  const own = tablesFor('mongodb://ann:secret@db.example.com/?tls=true');
  const other = await faultOf(own.openSource('mongodb://10.0.0.7/shop/queries'));
  expect(other).toMatchObject({ code: 'location_denied' });
  expect(other.message).not.toContain('secret');
  const none = tablesFor();
  const fault = await faultOf(none.openSource('mongodb://db.example.com/shop/queries'));
  expect(fault).toMatchObject({ code: 'location_denied' });
  expect(fault.message).toContain('ROWMILL_MONGODB_URI');
  await own.close();
  await none.close();
});

it('reports a server that can not be reached, by the URI, as soon as the URI says', async () => {
  const tables = tablesFor();
  const began = performance.now();
  const fault = await faultOf(tables.openSource('mongodb://127.0.0.1:9/shop/queries?serverSelectionTimeoutMS=50'));
  expect(fault).toMatchObject({ code: 'location_unavailable', retryable: true });
  expect(fault.message).toContain('mongodb://127.0.0.1:9/shop/queries');
  // Ten seconds where the URI does not say.
  expect(performance.now() - began).toBeLessThan(8000);
  await tables.close();
});

it.each([
  [{ delimiter: ';' }, 'option_not_supported', '--delimiter'],
  [{ filter: '{"$where": "sleep(1000)"}' }, 'invalid_arguments', '$where'],
  [{ filter: '{"a": [{"$expr": {"$function": {}}}]}' }, 'invalid_arguments', '$function'],
])('refuses the reading %j', (reading, code, word) => {
  expect(() => checkCollectionReading(reading, 'mongodb://h/db/c')).toThrowError(
    expect.objectContaining({ code, message: expect.stringContaining(word) }),
  );
});
