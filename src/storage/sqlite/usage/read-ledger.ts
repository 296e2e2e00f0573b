import type { DatabaseSync } from 'node:sqlite';
import { parseJson } from '../../../base/json/exact-number.ts';
import type { Usage } from '../../../protocol/messages.ts';
import type { LedgerCall, LedgerQuery } from '../../usage.ts';
import { microOf } from '../batches/money.ts';
import { LIMIT, prepare } from '../statement.ts';

interface CallRow {
  id: number;
  run: string;
  turn: number;
  model: string;
  usage: string | null;
  cost: number | null;
  saved: number | null;
  way: LedgerCall['way'];
  at: number;
}

/** Calls that one page looks at where most of them are outside of the period: such a page may be empty. */
const LOOKED_AT = 20_000;

/** The answered model calls of a batch, in the order in which they were first sent. */
export function prepareReadLedger(
  db: DatabaseSync,
): (query: LedgerQuery) => { calls: LedgerCall[]; next: number | null } {
  const select = prepare<CallRow>(
    db,
    `SELECT e.id, e.run, e.turn, e.name AS model, a.usage, ${microOf('a.cost_pico_usd')} AS cost, a.at,
       ${microOf('coalesce(c.saved_pico_usd, a.standard_pico_usd - a.cost_pico_usd)')} AS saved,
       CASE WHEN c.entry IS NOT NULL THEN 'cache' WHEN a.standard_pico_usd IS NOT NULL THEN 'batch' ELSE 'realtime' END
         AS way
     FROM journal_entries e JOIN journal_answers a ON a.entry = e.id LEFT JOIN journal_cached c ON c.entry = e.id
     WHERE e.run >= ?1 || '/' AND e.run < ?1 || '0' AND e.kind = 'model' AND e.id > ?2 ORDER BY e.id ${LIMIT.replace('?', '?3')}`,
  );
  return ({ batchId, after, limit, from = 0, to = Number.MAX_SAFE_INTEGER }) => {
    const isWhole = from === 0 && to === Number.MAX_SAFE_INTEGER;
    const read = select.all(batchId, after, isWhole ? limit + 1 : LOOKED_AT);
    const found = read.filter(({ at }) => at >= from && at < to);
    const rest = found.length > limit ? found[limit - 1] : read.length === LOOKED_AT ? read.at(-1) : undefined;
    return { calls: found.slice(0, limit).map(toCall), next: rest?.id ?? null };
  };
}

function toCall({ usage, cost, saved, ...call }: CallRow): LedgerCall {
  return {
    ...call,
    usage: usage === null ? null : (parseJson(usage) as unknown as Usage),
    costMicroUsd: cost,
    savedMicroUsd: saved ?? 0,
  };
}
