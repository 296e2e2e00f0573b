import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BatchRecord } from '../../../storage/batches.ts';
import type { RowFilter } from '../../../storage/rows.ts';
import type { Store } from '../../../storage/store.ts';
import { type RowSearch, type RowSearchQuery, rowSearchQuery } from '../../contract/request/row-query.ts';
import { parseRequest } from '../../intake/check-request.ts';
import { rowReports } from '../results.ts';
import { storedFilter } from './browse-rows.ts';

/** Rows that are searched at once: about 2 ms, and 20 ms where each of them may have the text. */
const PORTION = 4_000;

/**
 * Searches the rows for a text, in portions that let other work run: after each one how far the search has come, with
 * the found rows until there are as many as were asked for. The search ends where its consumer stops, or `signal` fires.
 */
export async function* searchRows(
  batch: BatchRecord,
  asked: RowSearchQuery,
  { store, signal }: { store: Store; signal: AbortSignal },
): AsyncGenerator<RowSearch> {
  const query = parseRequest(rowSearchQuery, asked);
  const filter = storedFilter(query);
  const end = await endOf(batch, filter, store);
  const toReport = rowReports(batch);
  let left = query.limit;
  let found = 0;
  for (let fromRow = query.from; fromRow < end; ) {
    signal.throwIfAborted();
    const toRow = Math.min(fromRow + PORTION, end);
    const hits = await store.searchRows(batch.id, { filter, text: query.text, fromRow, toRow });
    const rows = await store.readRowsOf(batch.id, hits.slice(0, left));
    found += hits.length;
    // A consumer that stops with a full page continues behind its last row.
    const last = hits.length > left ? hits[left - 1] : undefined;
    left -= rows.length;
    const next = left === 0 && last !== undefined && rows.length > 0 ? last + 1 : toRow;
    yield { rows: rows.map(toReport), found, next: next < end ? next : null };
    fromRow = toRow;
    await nextTurn();
  }
  if (query.from >= end) yield { rows: [], found: 0, next: null };
}

/** The number after that of the last row. */
async function endOf({ id, totals }: BatchRecord, filter: RowFilter, store: Store): Promise<number> {
  const [last] = await store.readRowsAt(id, { filter, place: 0, limit: 1, total: totals.rows, descending: true });
  return last === undefined ? 0 : last.row + 1;
}
