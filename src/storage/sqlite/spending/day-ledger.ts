import type { DatabaseSync } from 'node:sqlite';
import { prepare } from '../statement.ts';

/** A day with the additions of one transaction, which are also in its sums. Money in pico-dollars. */
export interface DayEntry {
  cost: number;
  open: number;
  moreCost: number;
  moreOpen: number;
}

/** The sums of days in one table, read and written once a transaction. */
export interface DayLedger {
  /** The day at a place: the values of the columns of its key. */
  at(...place: string[]): DayEntry;
  flush(): void;
}

/** The tables of sums, and the columns of their keys. */
export const LEDGERS = {
  server: { table: 'day_spending', columns: ['day'] },
  keys: { table: 'key_day_spending', columns: ['key', 'day'] },
} as const;

type Ledger = (typeof LEDGERS)[keyof typeof LEDGERS];

/** Reads the sums of a day. */
export function prepareReadDay(
  db: DatabaseSync,
  { table, columns }: Ledger,
): (...place: string[]) => Pick<DayEntry, 'cost' | 'open'> {
  // Reals: a sum may exceed a safe integer.
  const read = prepare<Pick<DayEntry, 'cost' | 'open'>>(
    db,
    `SELECT cost_pico_usd * 1.0 AS cost, open_pico_usd * 1.0 AS open FROM ${table}
     WHERE ${columns.map((column) => `${column} = ?`).join(' AND ')}`,
  );
  return (...place) => read.get(...place) ?? { cost: 0, open: 0 };
}

/** Prepares the statements of a table; the result starts the sums of one transaction. */
export function prepareDayLedger(db: DatabaseSync, ledger: Ledger): () => DayLedger {
  const read = prepareReadDay(db, ledger);
  const { table, columns } = ledger;
  const names = columns.join(', ');
  const write = prepare(
    db,
    `INSERT INTO ${table} (${names}, cost_pico_usd, open_pico_usd)
     VALUES (${columns.map((_, index) => `?${index + 3}`).join(', ')}, ?1, max(0, ?2))
     ON CONFLICT (${names}) DO UPDATE SET cost_pico_usd = cost_pico_usd + ?1,
       open_pico_usd = max(0, open_pico_usd + ?2)`,
  );
  return () => {
    const days = new Map<string, { place: string[]; entry: DayEntry }>();
    return {
      at(...place) {
        const key = place.join('\n');
        const known = days.get(key) ?? { place, entry: { ...read(...place), moreCost: 0, moreOpen: 0 } };
        days.set(key, known);
        return known.entry;
      },
      flush() {
        for (const { place, entry } of days.values()) {
          const { moreCost: cost, moreOpen: open } = entry;
          if (cost !== 0 || open !== 0) write.run(cost, open, ...place);
        }
        days.clear();
      },
    };
  };
}

/** A process without a cap does not count what it sends: settling such a send must not leave a sum below 0. */
export function addToDay(day: DayEntry, cost: number, open: number): void {
  day.cost += cost;
  day.open = Math.max(0, day.open + open);
  day.moreCost += cost;
  day.moreOpen += open;
}
