import type { DatabaseSync } from 'node:sqlite';
import { parseJson } from '../../../base/json/exact-number.ts';
import type { Json, Usage } from '../../../protocol/messages.ts';
import type { JournalEntry } from '../../journal.ts';
import { parseOrNull } from '../batches/batch-record.ts';
import { microOf } from '../batches/money.ts';
import { prepare } from '../statement.ts';

const SELECT_ENTRY = `SELECT e.run, e.turn, e.call, e.kind, e.name, e.request, e.idempotent,
    ${microOf('e.worst_pico_usd')} AS worst_micro_usd, e.at, e.sends - e.refusals - (a.entry IS NOT NULL) AS open_sends,
    c.source_run, c.source_turn,
    a.response, a.usage, ${microOf('a.cost_pico_usd')} AS cost_micro_usd, a.request_id, a.at AS answered_at,
    ${microOf('a.standard_pico_usd')} AS standard_micro_usd
  FROM journal_entries e LEFT JOIN journal_answers a ON a.entry = e.id
    LEFT JOIN journal_cached c ON c.entry = e.id`;

interface EntryRow {
  run: string;
  turn: number;
  call: number;
  kind: 'model' | 'tool';
  name: string;
  request: string;
  idempotent: number;
  worst_micro_usd: number | null;
  at: number;
  open_sends: number;
  source_run: string | null;
  source_turn: number | null;
  response: string | null;
  usage: string | null;
  cost_micro_usd: number | null;
  request_id: string | null;
  answered_at: number | null;
  standard_micro_usd: number | null;
}

/** The entries of one run, by turn and call. */
export function prepareReadJournal(db: DatabaseSync): (run: string) => JournalEntry[] {
  const select = prepare<EntryRow>(db, `${SELECT_ENTRY} WHERE e.run = ? ORDER BY e.turn, e.call`);
  return (run) => select.all(run).map(toEntry);
}

/** Shorter run ids first, so that attempt 10 of a row comes after attempt 9. */
export function prepareReadJournalByPrefix(db: DatabaseSync): (prefix: string) => JournalEntry[] {
  const select = prepare<EntryRow>(
    db,
    `${SELECT_ENTRY} WHERE e.run >= ?1 AND e.run < ?1 || char(0x10FFFF) ORDER BY length(e.run), e.run, e.turn, e.call`,
  );
  return (prefix) => select.all(prefix).map(toEntry);
}

function toEntry(row: EntryRow): JournalEntry {
  return {
    run: row.run,
    turn: row.turn,
    call: row.call,
    kind: row.kind,
    name: row.name,
    request: parseBody(row.request),
    idempotent: row.idempotent === 1,
    worstMicroUsd: row.worst_micro_usd,
    at: row.at,
    answer:
      row.response === null || row.answered_at === null
        ? null
        : {
            response: parseBody(row.response),
            usage: parseOrNull<Usage>(row.usage),
            costMicroUsd: row.cost_micro_usd,
            requestId: row.request_id,
            at: row.answered_at,
            ...(row.standard_micro_usd !== null && { standardMicroUsd: row.standard_micro_usd }),
          },
    openSends: row.open_sends,
    ...(row.source_run !== null &&
      row.source_turn !== null && { cachedFrom: { run: row.source_run, turn: row.source_turn } }),
    ...(row.request === '' && { isPruned: true }),
  };
}

/** A body, or null when it was pruned. */
function parseBody(text: string): Json {
  return text === '' ? null : (parseJson(text) as Json);
}
