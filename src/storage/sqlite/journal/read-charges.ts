import type { DatabaseSync } from 'node:sqlite';
import { addUsage, NO_USAGE, type Usage } from '../../../protocol/messages.ts';
import type { RowCharge } from '../../journal.ts';
import { microOf } from '../batches/money.ts';
import { prepareLists } from '../statement.ts';

/**
 * The charges of rows, without the bodies of their calls. An answer from the cache has no usage and costs nothing. One
 * statement finds those of all rows: a statement for each row took twice as long.
 */
export function prepareReadRowCharges(db: DatabaseSync): (batchId: string, rows: readonly number[]) => RowCharge[] {
  const select = prepareLists<[place: number, usage: string | null, costMicroUsd: number | null]>(
    db,
    // A run is BATCH/ROW/ATTEMPT, and "0" is the character after the slash. CROSS JOIN keeps the order of the tables.
    `SELECT p.key, a.usage, ${microOf('a.cost_pico_usd')} FROM json_each(?2) p
     CROSS JOIN journal_entries e ON e.run >= ?1 || '/' || p.value || '/' AND e.run < ?1 || '/' || p.value || '0'
     CROSS JOIN journal_answers a ON a.entry = e.id`,
  );
  return (batchId, rows) => {
    const charges = rows.map((): RowCharge => ({ usage: NO_USAGE, costMicroUsd: 0 }));
    for (const [place, used, cost] of select.all(batchId, JSON.stringify(rows))) {
      const charge = charges[place];
      if (charge === undefined) continue;
      if (used !== null) charge.usage = addUsage(charge.usage, JSON.parse(used) as Usage);
      charge.costMicroUsd = charge.costMicroUsd === null || cost === null ? null : charge.costMicroUsd + cost;
    }
    return charges;
  };
}
