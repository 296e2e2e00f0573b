import type { ClientSession, Document } from 'mongodb';
import type { Refusal } from '../../row-source.ts';
import type { OutputRecord } from '../../row-writer.ts';
import type { Claims } from '../claims/claims.ts';
import { DONE_FIELDS } from '../claims/lease.ts';
import type { OpenedCollection } from '../connection/collection.ts';
import { idOf, keyOf } from '../documents/document-key.ts';
import { judgeResults } from './judged-results.ts';
import type { ResultPlaces } from './result-places.ts';
import { writeIn } from './result-writes.ts';

interface SettleParts {
  results: OpenedCollection;
  places: ResultPlaces;
  claims: Claims;
}

/**
 * Writes the results of succeeded rows and sets their documents to processed, in one transaction: both are seen, or
 * neither. Documents that the batch no longer has, or that were changed since they were read, are left as they are.
 */
export async function settleRows(records: readonly OutputRecord[], parts: SettleParts): Promise<Refusal[]> {
  const { results, places, claims } = parts;
  const { client, patiently } = results;
  return places.place(() =>
    claims.alone(() =>
      patiently(() =>
        client.withSession(async (session) => {
          const { refused, settled } = await session.withTransaction(() => settleIn(session, records, parts), {
            readConcern: { level: 'snapshot' },
            writeConcern: { w: 'majority', journal: true },
          });
          claims.settled(settled);
          return refused;
        }),
      ),
    ),
  );
}

interface Settled {
  refused: Refusal[];
  /** The keys of the rows that are done. */
  settled: string[];
}

async function settleIn(
  session: ClientSession,
  records: readonly OutputRecord[],
  { results, places, claims }: SettleParts,
): Promise<Settled> {
  const { documents } = claims.collection;
  const keys = records.map(({ key }) => key);
  const same = await claims.same(keys, session);
  const others = keys.filter((key) => !same.has(key)).map(idOf) as never[];
  const options = { ...claims.reading, batchSize: others.length + 1, session };
  const read = others.length === 0 ? [] : await documents.find({ _id: { $in: others } }, options).toArray();
  const now = new Map(read.map((document): [string, Document] => [keyOf(document), document]));
  const { rows, refused, done } = judgeResults(records, { same, now }, claims);
  const found = await places.find(rows, session);
  const written = [...found.added, ...found.replaced].map(({ record }) => record.key);
  if (written.length > 0) {
    await writeIn(session, found, results);
    const ids = written.map((key) => (same.get(key) ?? now.get(key))?.['_id']) as never[];
    await documents.updateMany({ _id: { $in: ids } }, { $set: DONE_FIELDS }, { session });
  }
  return { refused: [...refused, ...found.taken], settled: [...done, ...written] };
}
