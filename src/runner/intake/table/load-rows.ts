import type { Json } from '../../../protocol/messages.ts';
import type { Fence } from '../../../storage/leases.ts';
import type { NewRow } from '../../../storage/rows.ts';
import type { StoredType } from '../../../tables/cell.ts';
import type { SnapshotSource } from '../../../tables/row-source.ts';
import type { RunnerDeps } from '../../deps.ts';
import type { EarlierAnswers } from '../continuation.ts';
import { newRow } from './new-row.ts';
import type { RandomSample } from './random-sample.ts';

/** One file of a source with several files. Its rows follow those of the previous file. `name` as in `SourcePart`. */
interface LoadedPart {
  name: string;
  rows: number;
}

/** The facts of a loaded table. `types` is present only where its format has types. */
interface LoadedTable {
  rows: number;
  /** How many rows keep an earlier answer, where a batch is continued. */
  keptRows?: number;
  columns: string[];
  types?: StoredType[];
  /** The files, where there are several. */
  parts?: LoadedPart[];
  warnings: Json[];
}

interface LoadOptions {
  deps: RunnerDeps;
  signal: AbortSignal;
  earlier?: EarlierAnswers | undefined;
  /** Chooses among the rows that will run. */
  sample?: RandomSample | undefined;
}

/**
 * LoadRows: streams the source into the store in order, one stored row for each row, and closes it. It starts again
 * from the first row if an earlier load was interrupted.
 */
export async function loadRows(
  source: SnapshotSource,
  fence: Fence,
  { deps, signal, earlier, sample }: LoadOptions,
): Promise<LoadedTable> {
  const parts = source.parts?.().map(({ name }): LoadedPart => ({ name, rows: 0 }));
  let rows = 0;
  let keptRows = 0;
  try {
    await deps.store.clearRows(fence);
    for await (const chunk of source.rows(signal)) {
      signal.throwIfAborted();
      const first = rows;
      const part = parts?.[chunk[0]?.part ?? 0];
      if (part !== undefined) part.rows += chunk.length;
      rows += chunk.length;
      const made = chunk.map((row, index) => newRow(row, first + index));
      const found = earlier === undefined ? made : await withEarlier(made, earlier);
      keptRows += found.filter(({ kept }) => kept !== undefined).length;
      for (const { row, kept, malformed } of found) if (kept === undefined && malformed === undefined) sample?.see(row);
      await deps.store.insertRows(fence, found);
      const { batchId } = fence;
      deps.events.emit('batch-progress', { batchId, stage: 'loading', rows: chunk.length, at: deps.clock.now() });
    }
  } finally {
    await source.close();
  }
  const types = source.types?.();
  return {
    rows,
    ...(earlier === undefined ? {} : { keptRows }),
    columns: source.columns(),
    ...(types === undefined ? {} : { types }),
    ...(parts === undefined ? {} : { parts }),
    warnings: source.warnings().map((warning) => warning.message),
  };
}

async function withEarlier(rows: readonly NewRow[], earlier: EarlierAnswers): Promise<NewRow[]> {
  const found: NewRow[] = [];
  for (const row of rows) {
    const { kept } = row.malformed === undefined ? await earlier.of(row) : { kept: undefined };
    found.push(kept === undefined ? row : { ...row, kept });
  }
  return found;
}
