import { MongoClient, MongoNetworkError, MongoServerError } from 'mongodb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSilentLog } from '../../../../src/base/log.ts';
import { type OpenedCollection, openCollection } from '../../../../src/tables/mongodb/connection/collection.ts';
import { parseCollectionUri } from '../../../../src/tables/mongodb/connection/collection-uri.ts';
import { createManualClock, type ManualClock } from '../../../support/manual-clock.ts';

let client: MongoClient;
let clock: ManualClock;
let collection: OpenedCollection;
/** When the operation was tried, in seconds. */
let tries: number[];
beforeEach(() => {
  client = new MongoClient('mongodb://127.0.0.1:1');
  clock = createManualClock();
  const place = parseCollectionUri('mongodb://127.0.0.1:1/shop/queries');
  collection = openCollection(client, place, { clock, log: createSilentLog() });
  tries = [];
});
afterEach(() => client.close());

/** Tries an operation, with a server that is away until then. Resolves to its outcome after so many seconds. */
async function outcome(seconds: number, awayUntil = Number.POSITIVE_INFINITY): Promise<unknown> {
  let end: unknown = 'waits';
  const work = async () => {
    tries.push(clock.now() / 1000);
    if (clock.now() < awayUntil * 1000) throw new MongoNetworkError('connect ECONNREFUSED');
    return 'done';
  };
  void collection.patiently(work).then(
    (value) => {
      end = value;
    },
    (fault: unknown) => {
      end = fault;
    },
  );
  await clock.advance(0);
  for (let step = 0; step < seconds * 4; step += 1) await clock.advance(250);
  return end;
}

it('tries an operation again for 90 seconds while the server is away, with growing waits', async () => {
  expect(await outcome(90)).toBe('waits');
  expect(tries.slice(0, 6)).toEqual([0, 0.25, 0.75, 1.75, 3.75, 7.75]);
  expect(tries.slice(6, 8)).toEqual([12.75, 17.75]);
});

it('gives up after 90 seconds, with an error that names the place and the fix', async () => {
  expect(await outcome(100)).toMatchObject({
    code: 'location_unavailable',
    message: expect.stringMatching(/shop\/queries can't be reached .*check that the server runs/),
  });
  expect(tries.at(-1)).toBeLessThan(95.1);
});

it('goes on as soon as the server is back', async () => {
  expect(await outcome(30, 20)).toBe('done');
  expect(tries.at(-1)).toBe(22.75);
});

it('does not repeat what the server refused', async () => {
  const refused = collection.patiently(async () => {
    tries.push(0);
    throw new MongoServerError({ message: 'Document failed validation', code: 121 });
  });
  await expect(refused).rejects.toMatchObject({ code: 'location_unavailable', retryable: false });
  expect(tries).toHaveLength(1);
});
