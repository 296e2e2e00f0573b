import type { DatabaseSync } from 'node:sqlite';
import { addUsage, NO_USAGE, type Usage } from '../../../protocol/messages.ts';
import type { RowCharge } from '../../journal.ts';
import { microOf } from '../batches/money.ts';
import { prepareLists } from '../statement.ts';

/** The charges of rows, without the bodies of their calls. An answer from the cache has no usage and costs nothing. */
export function prepareReadRowCharges(db: DatabaseSync): (batchId: string, rows: readonly number[]) => RowCharge[] {
  const select = prepareLists<[usage: string | null, costMicroUsd: number | null]>(
    db,
    `SELECT a.usage, ${microOf('a.cost_pico_usd')}
     FROM journal_entries e JOIN journal_answers a ON a.entry = e.id
     WHERE e.run >= ?1 AND e.run < ?1 || char(0x10FFFF)`,
  );
  return (batchId, rows) =>
    rows.map((row) => {
      let usage = NO_USAGE;
      let costMicroUsd: number | null = 0;
      for (const [used, cost] of select.all(`${batchId}/${row}/`)) {
        if (used !== null) usage = addUsage(usage, JSON.parse(used) as Usage);
        costMicroUsd = costMicroUsd === null || cost === null ? null : costMicroUsd + cost;
      }
      return { usage, costMicroUsd };
    });
}
