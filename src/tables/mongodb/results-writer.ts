import { AppError } from '../../base/errors.ts';
import type { Refusal } from '../row-source.ts';
import type { OutputRecord, RecordsWriter } from '../row-writer.ts';
import type { Claims } from './claims.ts';
import { hasTransactions, type OpenedCollection } from './collection.ts';
import { isDuplicate, mongoError } from './mongo-error.ts';
import { resultDocument } from './result-document.ts';
import { findTaken, upsert } from './result-places.ts';
import { settleRows } from './settle-rows.ts';

/** How often a portion is tried again after another process wrote a result of the same id. */
const RACES = 3;

/**
 * Writes result documents, one a succeeded row, by their `query_id`. Failed rows have none. Rows of a collection on the
 * same server are acknowledged in the same transaction, where the server has transactions.
 * @param claimsOf the claims of a batch that runs over a collection in this process
 */
export async function openResultsWriter(
  results: OpenedCollection,
  claimsOf: (batchId: string) => Claims | undefined,
): Promise<RecordsWriter> {
  await ensureUnique(results);
  let transactions: Promise<boolean> | undefined;
  return {
    kind: 'records',
    uri: results.place.uri,
    async write(records) {
      const succeeded = records.filter(({ output }) => output !== null);
      const [first] = succeeded;
      if (first === undefined) return [];
      const claims = claimsOf(first.batchId);
      transactions ??= hasTransactions(results);
      const isOne = claims?.collection.client === results.client && (await transactions);
      if (claims !== undefined && isOne) return settleRows(succeeded, { results, claims });
      return writeResults(succeeded, results);
    },
    close: async () => undefined,
  };
}

/** Writes results alone: the source acknowledges them afterwards, so that none is lost in between. */
async function writeResults(records: readonly OutputRecord[], results: OpenedCollection): Promise<Refusal[]> {
  const made = records.map((record) => ({ record, made: resultDocument(record, undefined) }));
  const refused = made.flatMap((one) => (one.made.kind === 'refused' ? [one.made.refusal] : []));
  const documents = made.flatMap(({ record, made: one }) =>
    one.kind === 'made' ? [{ record, document: one.document }] : [],
  );
  for (let race = 0; ; race += 1) {
    const taken = await results.patiently(() => findTaken(documents, results.documents));
    const free = documents.filter(({ record }) => !taken.has(record.key));
    try {
      if (free.length > 0)
        await results.patiently(() => results.documents.bulkWrite(free.map(upsert), { ordered: false }));
      return [...refused, ...taken.values()];
    } catch (thrown) {
      const cause = thrown instanceof AppError ? thrown.cause : thrown;
      if (!isDuplicate(cause) || race === RACES) throw thrown;
    }
  }
}

/** @throws AppError `output_failed` for a collection that holds two results of one id */
async function ensureUnique({ documents, place, patiently }: OpenedCollection): Promise<void> {
  try {
    await patiently(() => documents.createIndex({ query_id: 1 }, { unique: true }));
  } catch (thrown) {
    const cause = thrown instanceof AppError ? thrown.cause : thrown;
    if (!isDuplicate(cause)) throw mongoError(thrown, place.uri);
    const fix = 'remove those that are wrong, or name another --out (output_uri)';
    throw new AppError('output_failed', `${place.uri} has several results of one query_id: ${fix}.`, { cause });
  }
}
