import type { BatchRecord } from '../storage/store.ts';
import type { RunnerDeps } from './deps.ts';
import { outputHeader, outputRows } from './results.ts';

/** AggregateResults: writes the table of a batch, every source row once and in order; visible only once it is whole. */
export async function aggregateResults(
  batch: BatchRecord,
  uri: string,
  { deps, spreadsheetSafe, signal }: { deps: RunnerDeps; spreadsheetSafe: boolean; signal?: AbortSignal },
): Promise<{ uri: string; bytes: number }> {
  const sink = await deps.tables.openSink(uri, outputHeader(batch), { spreadsheetSafe });
  try {
    for await (const rows of outputRows(batch, deps.store)) {
      signal?.throwIfAborted();
      await sink.write(rows);
    }
    return await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
