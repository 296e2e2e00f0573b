import type { DatabaseSync } from 'node:sqlite';
import type { Fence } from '../../leases.ts';
import type { DeliveredRow, OutboxLimits, OutboxRows, RowRecord } from '../../rows.ts';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { LIMIT, prepare, prepareLists } from '../statement.ts';
import type { FencedBatch, Transaction } from '../transaction.ts';
import { idRange, rowId } from './row-id.ts';
import { COLUMNS_WITHOUT_INPUT, type ListedRow, listedCharacters, listedRowRecord, SUCCEEDED } from './row-record.ts';

/** Records that a row has ended, in a batch that delivers its rows. */
export function prepareAddToOutbox(db: DatabaseSync): (batch: FencedBatch, id: number) => void {
  const add = prepare(db, 'INSERT OR IGNORE INTO row_outbox (id) VALUES (?)');
  return ({ delivers }, id) => {
    if (delivers === 1) add.run(id);
  };
}

/** Rows of the outbox that are read before their length is looked at. To step through them row by row takes longer. */
const PART = 100;

/** Ended rows that are not delivered, in order. A row that was queued again is left out until it has ended again. */
export function prepareReadOutbox(db: DatabaseSync): (batchId: string, limits: OutboxLimits) => OutboxRows {
  const keyOf = prepareBatchKey(db);
  const select = prepareLists<ListedRow>(
    db,
    `SELECT ${COLUMNS_WITHOUT_INPUT}
     FROM row_outbox d JOIN row_states s ON s.id = d.id JOIN row_sources o ON o.id = d.id
     WHERE d.id >= ? AND d.id < ? AND s.status >= ${SUCCEEDED} ORDER BY d.id ${LIMIT}`,
  );
  return (batchId, limits) => {
    const { first, end } = idRange(keyOf(batchId));
    const rows: RowRecord[] = [];
    let characters = 0;
    for (let from = first; rows.length < limits.rows && characters <= limits.characters; ) {
      const part = Math.min(PART, limits.rows - rows.length);
      const listed = select.all(from, end, part);
      for (const one of listed) {
        rows.push(listedRowRecord(one));
        characters += listedCharacters(one);
        from = one[0] + 1;
      }
      if (listed.length < part) return { rows, isCut: false };
    }
    return { rows, isCut: rows.length < limits.rows };
  };
}

type ClearOutbox = (transaction: Transaction, fence: Fence, rows: readonly DeliveredRow[]) => void;

/** Removes delivered rows, unless another attempt has started since: the end of that attempt must be delivered too. */
export function prepareClearOutbox(db: DatabaseSync): ClearOutbox {
  const remove = prepare(
    db,
    `DELETE FROM row_outbox WHERE id = ?1
     AND EXISTS (SELECT 1 FROM row_states WHERE id = ?1 AND attempt = ?2 AND status >= ${SUCCEEDED})`,
  );
  return (transaction, fence, rows) => {
    const { key } = transaction.fenced(fence);
    for (const { row, attempt } of rows) remove.run(rowId(key, row), attempt);
  };
}
