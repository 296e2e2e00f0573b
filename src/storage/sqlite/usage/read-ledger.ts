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

/**
 * Runs outside of batches have names before `bat_`, or after all that begin with it (the character after _ is `). Both
 * ranges are read from the index of runs: the calls of batches, which may be millions, are not.
 */
const OUTSIDE = `(SELECT id FROM journal_entries WHERE run < 'bat_' UNION ALL
  SELECT id FROM journal_entries WHERE run >= 'bat\`') o CROSS JOIN journal_entries e ON e.id = o.id`;

/** The answered model calls of a batch, or outside of batches, in the order in which they were first sent. */
export function prepareReadLedger(
  db: DatabaseSync,
): (query: LedgerQuery) => { calls: LedgerCall[]; next: number | null } {
  const ofBatch = prepare<CallRow>(db, selectFrom('journal_entries e', "e.run >= ?1 || '/' AND e.run < ?1 || '0'"));
  const outside = prepare<CallRow>(db, selectFrom(OUTSIDE, '?1 IS NULL'));
  return ({ batchId, after, limit, from = 0, to = Number.MAX_SAFE_INTEGER }) => {
    const isWhole = from === 0 && to === Number.MAX_SAFE_INTEGER;
    const select = batchId === undefined ? outside : ofBatch;
    const read = select.all(batchId ?? null, after, isWhole ? limit + 1 : LOOKED_AT);
    const found = read.filter(({ at }) => at >= from && at < to);
    const rest = found.length > limit ? found[limit - 1] : read.length === LOOKED_AT ? read.at(-1) : undefined;
    return { calls: found.slice(0, limit).map(toCall), next: rest?.id ?? null };
  };
}

function selectFrom(entries: string, condition: string): string {
  return `SELECT e.id, e.run, e.turn, e.name AS model, a.usage, ${microOf('a.cost_pico_usd')} AS cost, a.at,
       ${microOf('coalesce(c.saved_pico_usd, a.standard_pico_usd - a.cost_pico_usd)')} AS saved,
       CASE WHEN c.entry IS NOT NULL THEN 'cache' WHEN a.standard_pico_usd IS NOT NULL THEN 'batch' ELSE 'realtime' END
         AS way
     FROM ${entries} JOIN journal_answers a ON a.entry = e.id LEFT JOIN journal_cached c ON c.entry = e.id
     WHERE ${condition} AND e.kind = 'model' AND e.id > ?2 ORDER BY e.id ${LIMIT.replace('?', '?3')}`;
}

function toCall({ usage, cost, saved, ...call }: CallRow): LedgerCall {
  return {
    ...call,
    usage: usage === null ? null : (parseJson(usage) as unknown as Usage),
    costMicroUsd: cost,
    savedMicroUsd: saved ?? 0,
  };
}
