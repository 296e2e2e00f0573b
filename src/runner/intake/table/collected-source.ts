import type { BatchRecord } from '../../../storage/batches.ts';
import type { SnapshotSource, SourceRow } from '../../../tables/row-source.ts';
import { isCollected } from '../../contract/request/collect.ts';
import type { RunnerDeps } from '../../deps.ts';

const PAGE = 1_000;

/**
 * The dependencies by which a batch that collects rows is planned: its source is its own stored rows, and its table has
 * no place beside a source.
 */
export function withCollectedSource(source: SnapshotSource, deps: RunnerDeps): RunnerDeps {
  const { tables } = deps;
  return {
    ...deps,
    tables: {
      ...tables,
      absolute: (uri) => (isCollected({ csv_uri: uri }) ? uri : tables.absolute(uri)),
      openSource: async () => source,
      checkWriter: (uri, _notOneOf, options) => tables.checkWriter(uri, [], options),
      freeResult: async () => undefined,
    },
  };
}

/** The stored rows of a batch as a source; without a batch, a table without rows. */
export function collectedSource(
  { uri, columns }: { uri: string; columns: string[] },
  rows?: { batch: BatchRecord; store: RunnerDeps['store'] },
): SnapshotSource {
  return {
    loads: 'before-running',
    uri,
    format: { name: 'rows', title: 'Appended rows', compression: 'none', hasHeader: true },
    sizeBytes: undefined,
    total: rows?.batch.totals.rows ?? 0,
    columns: () => columns,
    warnings: () => [],
    rows: () => pagesOf(rows),
    close: async () => undefined,
  };
}

async function* pagesOf(
  rows: { batch: BatchRecord; store: RunnerDeps['store'] } | undefined,
): AsyncGenerator<SourceRow[]> {
  let fromRow: number | undefined = rows === undefined ? undefined : 0;
  while (rows !== undefined && fromRow !== undefined) {
    const page = await rows.store.readRows(rows.batch.id, { fromRow, limit: PAGE });
    if (page.length > 0) yield page.map(({ line, cells }) => ({ kind: 'record', line, cells }));
    const last = page.at(-1);
    fromRow = last === undefined ? undefined : last.row + 1;
  }
}
