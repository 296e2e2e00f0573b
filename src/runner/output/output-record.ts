import type { BatchRecord } from '../../storage/batches.ts';
import type { OutboxRow } from '../../storage/rows.ts';
import type { Store } from '../../storage/store.ts';
import type { OutputRecord } from '../../tables/row-writer.ts';
import { outputOf, planOf } from './results.ts';

/** Makes the records of ended rows. The usage of a row is summed over all its attempts. */
export function createRecords(
  batch: BatchRecord,
  store: Pick<Store, 'readRowCharges'>,
): (rows: readonly OutboxRow[]) => Promise<OutputRecord[]> {
  // The plan is read once: that takes longer than the rest of a record.
  const plan = planOf(batch);
  const columns = batch.columns ?? [];
  return async (rows) => {
    const numbers = rows.map(({ row }) => row);
    const charges = await store.readRowCharges(batch.id, numbers);
    return rows.flatMap((row, at): OutputRecord[] => {
      const charge = charges[at];
      if (charge === undefined) return [];
      return [
        {
          key: row.key ?? `${batch.id}/${row.row}`,
          batchId: batch.id,
          row: row.row,
          line: row.line,
          columns,
          origin: row,
          output: outputOf(row, plan),
          error: row.error,
          ...charge,
          endedAt: row.endedAt ?? 0,
        },
      ];
    });
  };
}
