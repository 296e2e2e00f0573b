import { AppError } from '../../base/errors.ts';
import type { Refusal } from '../row-source.ts';
import type { OutputRecord, RecordsWriter } from '../row-writer.ts';
import type { Claims } from './claims.ts';
import { hasTransactions, type OpenedCollection } from './collection.ts';
import { judgeResults } from './judged-results.ts';
import { isDuplicate, isWithoutTransactions } from './mongo-error.ts';
import { resultDocument } from './result-document.ts';
import { findTaken, type RowResultDocument, upsert } from './result-places.ts';
import { settleRows } from './settle-rows.ts';
import { ensureUnique } from './unique-index.ts';

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
      if (claims === undefined || !isOne) return writeResults(succeeded, { results, claims });
      try {
        return await settleRows(succeeded, { results, claims });
      } catch (thrown) {
        if (!isWithoutTransactions(thrown)) throw thrown;
        transactions = Promise.resolve(false);
        return writeResults(succeeded, { results, claims });
      }
    },
    close: async () => undefined,
  };
}

/** Writes results alone: the source acknowledges them afterwards, so that none is lost in between. */
async function writeResults(
  records: readonly OutputRecord[],
  { results, claims }: { results: OpenedCollection; claims: Claims | undefined },
): Promise<Refusal[]> {
  const { rows: documents, refused } =
    claims === undefined
      ? resultsOf(records)
      : judgeResults(records, await claims.read(records.map(({ key }) => key)), claims);
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

/** The results of rows that are no documents of a collection. */
function resultsOf(records: readonly OutputRecord[]): { rows: RowResultDocument[]; refused: Refusal[] } {
  const rows: RowResultDocument[] = [];
  const refused: Refusal[] = [];
  for (const record of records) {
    const made = resultDocument(record, undefined);
    if (made.kind === 'made') rows.push({ record, document: made.document });
    else refused.push(made.refusal);
  }
  return { rows, refused };
}
