import type { BatchRecord, RowRecord } from '../storage/store.ts';
import type { RunnerDeps } from './deps.ts';
import { outputTypes } from './output-types.ts';
import { layoutOf, outputHeader, outputRows, planOf } from './results.ts';

/** AggregateResults: writes the table of a batch, every source row once and in order; visible only once it is whole. */
export async function aggregateResults(
  batch: BatchRecord,
  uri: string,
  options: {
    deps: RunnerDeps;
    spreadsheetSafe: boolean;
    signal?: AbortSignal;
    /** Its rejection keeps the table from being put in its place. */
    beforeCommit?: () => Promise<void>;
    /** Sees every row as it is written. */
    onRow?: (row: RowRecord) => void;
  },
): Promise<{ uri: string; bytes: number }> {
  const { deps, spreadsheetSafe, signal } = options;
  const types = outputTypes(planOf(batch), batch.columns ?? [], layoutOf(batch));
  const sink = await deps.tables.openSink(uri, outputHeader(batch), { spreadsheetSafe, types });
  try {
    for await (const rows of outputRows(batch, deps.store, options.onRow)) {
      signal?.throwIfAborted();
      await sink.write(rows);
    }
    await options.beforeCommit?.();
    return await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
