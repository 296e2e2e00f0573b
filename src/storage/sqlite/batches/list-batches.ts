import type { DatabaseSync } from 'node:sqlite';
import type { BatchRecord, BatchStore } from '../../batches.ts';
import { LIMIT, prepare } from '../statement.ts';
import { prepareBatchKey } from './batch-key.ts';
import { type BatchRow, SELECT_BATCH, toBatchRecord } from './batch-record.ts';

type ListBatches = (options: Parameters<BatchStore['listBatches']>[0]) => BatchRecord[];

/** A text of a batch is searched in what a person sees of it in a list. Only ASCII is found in either case. */
const SHOWN = ['b.id', "b.plan ->> '$.request.name'", "b.plan ->> '$.request.csv_uri'", "b.plan ->> '$.agent.name'"];
const HAS_TEXT = SHOWN.map((part) => `instr(lower(coalesce(${part}, '')), ?4) > 0`).join(' OR ');

/** By order of insertion, so that a clock that is set back has no effect. */
export function prepareListBatches(db: DatabaseSync): ListBatches {
  const keyOf = prepareBatchKey(db);
  const newest = prepare<BatchRow>(db, `${SELECT_BATCH} WHERE b.key < ? ORDER BY b.key DESC ${LIMIT}`);
  const filtered = (bound: string, order: string) =>
    prepare<BatchRow>(
      db,
      `${SELECT_BATCH} WHERE ${bound} AND (?2 IS NULL OR b.status IN (SELECT value FROM json_each(?2)))
         AND (?3 IS NULL OR b.plan ->> '$.agent.name' = ?3) AND (?4 IS NULL OR ${HAS_TEXT})
       ORDER BY b.key ${order} LIMIT ?5 + 0`,
    );
  const newestOf = filtered('b.key < ?1', 'DESC');
  const oldestOf = filtered('b.key > ?1', 'ASC');
  return ({ limit, before, status, agent, text, order = 'newest' }) => {
    const start = order === 'newest' ? Number.MAX_SAFE_INTEGER : 0;
    const at = before === undefined ? start : keyOf(before);
    const isPlain = order === 'newest' && status === undefined && agent === undefined && text === undefined;
    if (isPlain) return newest.all(at, limit).map(toBatchRecord);
    const filter = [status === undefined ? null : JSON.stringify(status), agent ?? null] as const;
    const select = order === 'newest' ? newestOf : oldestOf;
    return select.all(at, ...filter, text?.toLowerCase() ?? null, limit).map(toBatchRecord);
  };
}
