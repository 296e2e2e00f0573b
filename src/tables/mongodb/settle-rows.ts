import type { ClientSession, Document } from 'mongodb';
import type { Refusal } from '../row-source.ts';
import type { OutputRecord } from '../row-writer.ts';
import type { Claims } from './claims.ts';
import type { OpenedCollection } from './collection.ts';
import { idOf, keyOf } from './document-key.ts';
import { judgeResults } from './judged-results.ts';
import { DONE_FIELDS } from './lease.ts';
import { isDuplicate, mongoError } from './mongo-error.ts';
import { findTaken, upsert } from './result-places.ts';

/** How often a transaction is tried again after another process wrote a result of the same id. */
const RACES = 3;

/**
 * Writes the results of succeeded rows and sets their documents to processed, in one transaction: both are seen, or
 * neither. Documents that the batch no longer has, or that were changed since they were read, are left as they are.
 */
export async function settleRows(
  records: readonly OutputRecord[],
  { results, claims }: { results: OpenedCollection; claims: Claims },
): Promise<Refusal[]> {
  const { client, place, patiently } = results;
  for (let race = 0; ; race += 1) {
    try {
      return await claims.alone(() =>
        patiently(() =>
          client.withSession(async (session) => {
            const settle = () => settleIn(session, records, { results, claims });
            const { refused, settled } = await session.withTransaction(settle, {
              readConcern: { level: 'snapshot' },
              writeConcern: { w: 'majority', journal: true },
            });
            claims.settled(settled);
            return refused;
          }),
        ),
      );
    } catch (thrown) {
      const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
      if (!isDuplicate(cause) || race === RACES) throw mongoError(thrown, place.uri);
    }
  }
}

interface Settled {
  refused: Refusal[];
  /** The keys of the rows that are done. */
  settled: string[];
}

async function settleIn(
  session: ClientSession,
  records: readonly OutputRecord[],
  { results, claims }: { results: OpenedCollection; claims: Claims },
): Promise<Settled> {
  const { collection } = claims;
  const ids = records.map(({ key }) => idOf(key)) as never[];
  const found = await collection.documents.find({ _id: { $in: ids } }, { ...claims.reading, session }).toArray();
  const now = new Map(found.map((document): [string, Document] => [keyOf(document), document]));
  const { rows, refused, done } = judgeResults(records, now, claims);
  const taken = await findTaken(rows, results.documents, session);
  const free = rows.filter(({ record }) => !taken.has(record.key));
  if (free.length > 0) {
    await results.documents.bulkWrite(free.map(upsert), { session });
    const written = free.map(({ record }) => now.get(record.key)?.['_id']) as never[];
    await collection.documents.updateMany({ _id: { $in: written } }, { $set: DONE_FIELDS }, { session });
  }
  return { refused: [...refused, ...taken.values()], settled: [...done, ...free.map(({ record }) => record.key)] };
}
