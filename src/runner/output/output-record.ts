import { addUsage, NO_USAGE } from '../../protocol/messages.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { JournalEntry } from '../../storage/journal.ts';
import type { RowRecord } from '../../storage/rows.ts';
import type { Store } from '../../storage/store.ts';
import type { OutputRecord } from '../../tables/row-writer.ts';
import { rowReport } from './results.ts';

/** The record of an ended row. Its usage is summed over the journal of all its attempts. */
export async function outputRecord(
  row: RowRecord,
  batch: BatchRecord,
  store: Pick<Store, 'readJournalByPrefix'>,
): Promise<OutputRecord> {
  const { source, output, error } = rowReport(row, batch);
  const entries = await store.readJournalByPrefix(`${batch.id}/${row.row}/`);
  return {
    key: row.key ?? `${batch.id}/${row.row}`,
    batchId: batch.id,
    row: row.row,
    line: row.line,
    source,
    output,
    error,
    ...billed(entries),
    endedAt: row.endedAt ?? 0,
  };
}

/** The usage and cost that were charged: an answer from the cache costs nothing. */
function billed(entries: JournalEntry[]): Pick<OutputRecord, 'usage' | 'costMicroUsd'> {
  let usage = NO_USAGE;
  let costMicroUsd: number | null = 0;
  for (const { answer, cachedFrom } of entries) {
    if (answer === null || cachedFrom !== undefined) continue;
    usage = addUsage(usage, answer.usage ?? NO_USAGE);
    costMicroUsd = costMicroUsd === null || answer.costMicroUsd === null ? null : costMicroUsd + answer.costMicroUsd;
  }
  return { usage, costMicroUsd };
}
