import type { Refusal } from '../../row-source.ts';
import type { OutputRecord, RecordsWriter } from '../../row-writer.ts';
import type { Claims } from '../claims/claims.ts';
import { hasTransactions, type OpenedCollection } from '../connection/collection.ts';
import { isWithoutTransactions } from '../connection/mongo-error.ts';
import { judgeResults } from './judged-results.ts';
import { resultDocument } from './result-document.ts';
import { createResultPlaces, type ResultPlaces, type RowResultDocument } from './result-places.ts';
import { operationsOf } from './result-writes.ts';
import { settleRows } from './settle-rows.ts';
import { ensureUnique } from './unique-index.ts';

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
  const places = createResultPlaces(results.documents);
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
      if (claims === undefined || !isOne) return writeResults(succeeded, { results, places, claims });
      try {
        return await settleRows(succeeded, { results, places, claims });
      } catch (thrown) {
        if (!isWithoutTransactions(thrown)) throw thrown;
        transactions = Promise.resolve(false);
        return writeResults(succeeded, { results, places, claims });
      }
    },
    close: async () => undefined,
  };
}

/** Writes results alone: the source acknowledges them afterwards, so that none is lost in between. */
async function writeResults(
  records: readonly OutputRecord[],
  { results, places, claims }: { results: OpenedCollection; places: ResultPlaces; claims: Claims | undefined },
): Promise<Refusal[]> {
  const { rows, refused } =
    claims === undefined
      ? resultsOf(records)
      : judgeResults(records, { now: await claims.read(records.map(({ key }) => key)) }, claims);
  return places.place(() =>
    results.patiently(async () => {
      const found = await places.find(rows);
      const operations = operationsOf(found);
      if (operations.length > 0) await results.documents.bulkWrite(operations, { ordered: false });
      return [...refused, ...found.taken];
    }),
  );
}

/** The results of rows that are no documents of a collection. */
function resultsOf(records: readonly OutputRecord[]): { rows: RowResultDocument[]; refused: Refusal[] } {
  const rows: RowResultDocument[] = [];
  const refused: Refusal[] = [];
  for (const record of records) {
    const made = resultDocument(record, undefined);
    if (made.kind === 'made') rows.push({ record, document: made.document, bytes: made.bytes });
    else refused.push(made.refusal);
  }
  return { rows, refused };
}
