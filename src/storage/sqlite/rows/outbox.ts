import type { DatabaseSync } from 'node:sqlite';
import { parseJson } from '../../../base/json/exact-number.ts';
import type { Json, JsonObject } from '../../../protocol/messages.ts';
import type { Fence } from '../../leases.ts';
import type { DeliveredRow, OutboxLimits, OutboxRow, OutboxRows } from '../../rows.ts';
import { prepareBatchKey } from '../batches/batch-key.ts';
import { parseOrNull } from '../batches/batch-record.ts';
import { LIMIT, prepare, prepareLists } from '../statement.ts';
import type { FencedBatch, Transaction } from '../transaction.ts';
import { idRange, rowId, rowOf } from './row-id.ts';
import { STATUSES, type StoredRow, SUCCEEDED } from './row-record.ts';

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
    `SELECT s.id, s.status, s.attempt, s.output, s.error_code, s.error_message, s.ended_at, o.line, o.cells, o.key,
       coalesce(length(o.raw_text), 0)
     FROM row_outbox d JOIN row_states s ON s.id = d.id JOIN row_sources o ON o.id = d.id
     WHERE d.id >= ? AND d.id < ? AND s.status >= ${SUCCEEDED} ORDER BY d.id ${LIMIT}`,
  );
  return (batchId, limits) => {
    const { first, end } = idRange(keyOf(batchId));
    const rows: OutboxRow[] = [];
    let characters = 0;
    for (let from = first; rows.length < limits.rows && characters <= limits.characters; ) {
      const part = Math.min(PART, limits.rows - rows.length);
      const listed = select.all(from, end, part);
      for (const one of listed) {
        rows.push(new ListedOutboxRow(one));
        characters += (one[3]?.length ?? 0) + one[8].length + one[10];
        from = one[0] + 1;
      }
      if (listed.length < part) return { rows, isCut: false };
    }
    return { rows, isCut: rows.length < limits.rows };
  };
}

/** A row of the outbox, as a list. */
type ListedRow = readonly [
  ...[id: StoredRow['id'], status: StoredRow['status'], attempt: StoredRow['attempt'], output: StoredRow['output']],
  ...[errorCode: StoredRow['error_code'], errorMessage: StoredRow['error_message'], endedAt: StoredRow['ended_at']],
  ...[line: StoredRow['line'], cells: StoredRow['cells'], key: StoredRow['key'], rawCharacters: number],
];

class ListedOutboxRow implements OutboxRow {
  readonly row: number;
  readonly line: number;
  readonly status: OutboxRow['status'];
  readonly attempt: number;
  readonly key: string | null;
  readonly output: OutboxRow['output'];
  readonly error: OutboxRow['error'];
  readonly endedAt: number | null;
  readonly #cells: string;

  constructor(listed: ListedRow) {
    const [code, message] = [listed[4], listed[5]];
    this.row = rowOf(listed[0]);
    this.line = listed[7];
    this.status = STATUSES[listed[1]] ?? 'queued';
    this.attempt = listed[2];
    this.key = listed[9];
    this.output = parseOrNull<JsonObject>(listed[3]);
    this.error = code === null ? null : { code, message: message ?? '' };
    this.endedAt = listed[6];
    this.#cells = listed[8];
  }

  get cells(): Json[] {
    return parseJson(this.#cells) as Json[];
  }
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
