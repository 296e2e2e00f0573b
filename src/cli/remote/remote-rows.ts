import { AppError } from '../../base/errors.ts';
import type { RowmillClient } from '../../client/client.ts';
import type { RowReport } from '../../runner/contract/report/row.ts';
import type { RowCounts } from '../../runner/contract/request/row-query.ts';
import type { Runner } from '../../runner/runner.ts';
import { answerOf, bytesOf } from './server-call.ts';

interface Page {
  items: RowReport[];
  selected: number | null;
  counts: RowCounts | null;
  found: number | null;
  next: number | null;
}

type RemoteRows = Pick<
  Runner,
  'rows' | 'browse' | 'rowMap' | 'search' | 'trace' | 'cancelRow' | 'render' | 'exportColumns' | 'export'
>;

/** The rows of the batches of a server. */
export function createRemoteRows(client: RowmillClient): RemoteRows {
  const read = (id: string, query: object) =>
    answerOf<Page>(
      client.GET('/v1/batches/{id}/rows', { params: { path: { id }, query: query as never }, parseAs: 'text' }),
    );
  return {
    async rows(id, { status, cursor = 0, limit }) {
      const page = { from: cursor, limit: Math.min(limit, 1000), ...(status !== undefined && { status }) };
      const found = await read(id, page);
      return { rows: found.items, nextCursor: found.next };
    },
    async browse(id, query) {
      const { items: rows, selected, counts } = await read(id, query);
      if (selected !== null && counts !== null) return { rows, selected, counts };
      throw new AppError('internal', 'The server answered a page of rows without their number.');
    },
    rowMap: (id, { ranges }) => {
      const params = { path: { id }, query: { ...(ranges !== undefined && { ranges }) } };
      return answerOf(client.GET('/v1/batches/{id}/row-map', { params, parseAs: 'text' }));
    },
    async *search(id, { from = 0, limit = 50, ...query }, signal) {
      let found = 0;
      for (let [next, left]: [number | null, number] = [from, limit]; next !== null && left > 0; ) {
        signal.throwIfAborted();
        const page: Page = await read(id, { ...query, from: next, limit: left });
        found += page.found ?? 0;
        [next, left] = [page.next, left - page.items.length];
        yield { rows: page.items, found, next };
      }
    },
    trace: (id, row) =>
      answerOf(client.GET('/v1/batches/{id}/rows/{row}', { params: { path: { id, row } }, parseAs: 'text' })),
    cancelRow: (id, row) =>
      answerOf(client.POST('/v1/batches/{id}/rows/{row}/cancel', { params: { path: { id, row } }, parseAs: 'text' })),
    render: (request) => answerOf(client.POST('/v1/tables/render', { body: request as never, parseAs: 'text' })),
    async exportColumns(id) {
      const call = client.GET('/v1/batches/{id}/export/columns', { params: { path: { id } }, parseAs: 'text' });
      return (await answerOf<{ columns: string[] }>(call)).columns;
    },
    async export(id, { format = 'csv', spreadsheet_safe: isSafe, bom, ...rest }) {
      const query = {
        ...{ format, ...rest },
        ...(isSafe !== undefined && { spreadsheet_safe: String(isSafe) }),
        ...(bom !== undefined && { bom: String(bom) }),
      };
      const params = { path: { id }, query: query as never };
      const bytes = await bytesOf(client.GET('/v1/batches/{id}/export', { params, parseAs: 'stream' }));
      return { fileName: `${id}.${format}`, bytes: chunksOf(bytes) };
    },
  };
}

async function* chunksOf(bytes: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* bytes as unknown as AsyncIterable<Uint8Array>;
}
