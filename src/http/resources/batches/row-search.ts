import type { RowReport } from '../../../runner/contract/report/row.ts';
import type { RowSearch } from '../../../runner/contract/request/row-query.ts';
import type { ServerEvent } from '../../sse.ts';

/** How long a search answers at the latest, in milliseconds. */
const PAGE_MS = 1_000;
/** How often the count is sent, in milliseconds. */
const COUNT_MS = 250;

/** The first rows of a search: it ends with a full page, after a second, or with its client. */
export async function searchPage(
  search: (signal: AbortSignal) => AsyncIterable<RowSearch>,
  { limit, signal }: { limit: number; signal: AbortSignal },
): Promise<{ items: RowReport[]; found: number; next: number | null }> {
  const items: RowReport[] = [];
  const end = performance.now() + PAGE_MS;
  let last: RowSearch = { rows: [], found: 0, next: null };
  for await (const report of search(signal)) {
    last = report;
    items.push(...report.rows);
    if (items.length >= limit || performance.now() > end) break;
  }
  return { items, found: last.found, next: last.next };
}

/** A search to its end: `rows` as they are found, `found` with the count as it grows, at last `end`. */
export async function* searchEvents(search: AsyncIterable<RowSearch>): AsyncGenerator<ServerEvent> {
  let due = 0;
  let last: RowSearch = { rows: [], found: 0, next: null };
  for await (const report of search) {
    last = report;
    if (report.rows.length > 0) yield { event: 'rows', data: { items: report.rows } };
    if (performance.now() < due) continue;
    due = performance.now() + COUNT_MS;
    yield { event: 'found', data: { found: report.found, next: report.next } };
  }
  yield { event: 'end', data: { found: last.found } };
}
