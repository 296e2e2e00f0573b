import type { BatchRecord } from '../../../storage/batches.ts';
import type { RowFilter, RowRecord, RowStatus, StoredFailures } from '../../../storage/rows.ts';
import type { Store } from '../../../storage/store.ts';
import {
  type RowCounts,
  type RowFilterAsked,
  type RowPage,
  type RowPageQuery,
  rowPageQuery,
} from '../../contract/request/row-query.ts';
import { parseRequest } from '../../intake/check-request.ts';
import { rowReports, storedStatus } from '../results.ts';
import type { RowOrders } from './row-orders.ts';

const BY_STATUS: readonly RowStatus[] = ['queued', 'running', 'succeeded', 'failed'];

/** A page of rows at any place of a filter and an order, with exact counts. */
export async function browseRows(
  batch: BatchRecord,
  asked: RowPageQuery,
  { store, orders }: { store: Store; orders: RowOrders },
): Promise<RowPage> {
  const query = parseRequest(rowPageQuery, asked);
  const filter = storedFilter(query);
  const failures = await store.readFailures(batch.id);
  const selected = countOf(filter, batch, failures);
  const page = { ...query, filter, selected };
  const rows = await readPage(batch, page, { store, orders });
  return { rows: rows.map(rowReports(batch)), selected, counts: countsOf(batch, failures) };
}

interface AskedPage {
  filter: RowFilter;
  sort: string;
  place: number;
  limit: number;
  selected: number;
}

async function readPage(
  batch: BatchRecord,
  { filter, sort, place, limit, selected }: AskedPage,
  { store, orders }: { store: Store; orders: RowOrders },
): Promise<RowRecord[]> {
  const descending = sort.startsWith('-');
  const range = { place, limit, descending };
  if (sort.endsWith('time')) {
    const order = await orders.read(batch, filter);
    const numbers = Array.from({ length: Math.min(limit, order.length - place) }, (_, index) => {
      const at = place + index;
      return order[descending ? order.length - 1 - at : at] ?? 0;
    });
    return store.readRowsOf(batch.id, numbers);
  }
  if (sort.endsWith('row') || filter.status !== undefined || filter.code !== undefined)
    return store.readRowsAt(batch.id, { filter, total: selected, ...range });
  return readByStatus(batch, range, store);
}

/** The rows of one status follow those of another, each in the order of the source. */
async function readByStatus(
  batch: BatchRecord,
  { place, limit, descending }: { place: number; limit: number; descending: boolean },
  store: Store,
): Promise<RowRecord[]> {
  const rows: RowRecord[] = [];
  let before = 0;
  for (const status of descending ? [...BY_STATUS].reverse() : BY_STATUS) {
    const total = batch.totals[status];
    const at = place + rows.length - before;
    if (rows.length < limit && at < total) {
      const range = { filter: { status }, place: at, limit: limit - rows.length, total, descending };
      rows.push(...(await store.readRowsAt(batch.id, range)));
    }
    before += total;
  }
  return rows;
}

/** A filter as the store has it. */
export function storedFilter({ status, code }: RowFilterAsked): RowFilter {
  return { ...(status !== undefined && { status: storedStatus(status) }), ...(code !== undefined && { code }) };
}

function countOf({ status, code }: RowFilter, { totals }: BatchRecord, failures: readonly StoredFailures[]): number {
  if (code === undefined) return status === undefined ? totals.rows : totals[status];
  if (status !== undefined && status !== 'failed') return 0;
  return failures.find((one) => one.code === code)?.count ?? 0;
}

function countsOf({ totals }: BatchRecord, failures: readonly StoredFailures[]): RowCounts {
  const { rows: total, queued, running, succeeded, failed } = totals;
  const errors = failures.map(({ code, count }) => ({ code, count }));
  return { total, queued, running, succeeded, failed, errors };
}
