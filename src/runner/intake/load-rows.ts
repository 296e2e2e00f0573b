import type { Json } from '../../protocol/messages.ts';
import type { Fence } from '../../storage/leases.ts';
import type { StoredType } from '../../tables/cell.ts';
import type { SnapshotSource } from '../../tables/row-source.ts';
import type { RunnerDeps } from '../deps.ts';
import { newRow } from './new-row.ts';

/** One file of a source with several files. Its rows follow those of the previous file. `name` as in `SourcePart`. */
interface LoadedPart {
  name: string;
  rows: number;
}

/** The facts of a loaded table. `types` is present only where its format has types. */
interface LoadedTable {
  rows: number;
  columns: string[];
  types?: StoredType[];
  /** The files, where there are several. */
  parts?: LoadedPart[];
  warnings: Json[];
}

/**
 * LoadRows: streams the source into the store in order, one stored row for each row, and closes it. It starts again
 * from the first row if an earlier load was interrupted.
 */
export async function loadRows(
  source: SnapshotSource,
  fence: Fence,
  { deps, signal }: { deps: RunnerDeps; signal: AbortSignal },
): Promise<LoadedTable> {
  const parts = source.parts?.().map(({ name }): LoadedPart => ({ name, rows: 0 }));
  let rows = 0;
  try {
    await deps.store.clearRows(fence);
    for await (const chunk of source.rows(signal)) {
      signal.throwIfAborted();
      const first = rows;
      const part = parts?.[chunk[0]?.part ?? 0];
      if (part !== undefined) part.rows += chunk.length;
      rows += chunk.length;
      await deps.store.insertRows(
        fence,
        chunk.map((row, index) => newRow(row, first + index)),
      );
      const { batchId } = fence;
      deps.events.emit('batch-progress', { batchId, stage: 'loading', rows: chunk.length, at: deps.clock.now() });
    }
  } finally {
    await source.close();
  }
  const types = source.types?.();
  return {
    rows,
    columns: source.columns(),
    ...(types === undefined ? {} : { types }),
    ...(parts === undefined ? {} : { parts }),
    warnings: source.warnings().map((warning) => warning.message),
  };
}
