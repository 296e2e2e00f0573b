import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import { type DayCap, type DaySpending, dayCapReached, unpricedDayCap } from '../../spending.ts';
import { toPico } from '../batches/money.ts';
import { prepare } from '../statement.ts';
import { addToDay, type DayEntry, type DayLedger, LEDGERS, prepareDayLedger, prepareReadDay } from './day-ledger.ts';

/**
 * What the sends and the answers of one transaction mean for the spending of their days. Money in pico-dollars. `key` is
 * the key with a budget that started the batch; null where there is none.
 */
export interface DaySums {
  /**
   * Counts a send at its worst price.
   * @throws AppError `budget_reached` when a cap of its day has no room, `budget_unpriced` when its price is unknown
   */
  send(at: number, worst: number | null, key: string | null): void;
  /** Settles a send that was made at this time: its cost (null: unknown) replaces its worst price. */
  settle(at: number, settled: { worst: number | null; cost: number | null }, key: string | null): void;
  /** Writes the sums to the database. */
  flush(): void;
}

/** The cap of the server, if there is one, and how days are told apart. */
export interface DayCaps {
  cap: DayCap | undefined;
  dayOf: (at: number) => string;
}

/** A sum that a call counts to. */
interface Counted {
  entry: DayEntry;
  named: Pick<DaySpending, 'capMicroUsd' | 'key' | 'day'>;
}

/**
 * Prepares the statements; the result starts the sums of one transaction. No other process can write in between, so the
 * check of the caps is exact: the transaction holds the write lock. One read and one write a transaction and cap, none
 * where there is no cap.
 */
export function prepareDaySums(db: DatabaseSync, { cap, dayOf }: DayCaps): () => DaySums {
  const begin = { server: prepareDayLedger(db, LEDGERS.server), keys: prepareDayLedger(db, LEDGERS.keys) };
  const budgetOf = prepareReadBudget(db);
  return () => {
    // Most transactions count to no cap: they start no sums.
    let ledgers: { server: DayLedger; keys: DayLedger } | undefined;
    const budgets = new Map<string, Budget | undefined>();
    const budget = (key: string): Budget | undefined => {
      if (!budgets.has(key)) budgets.set(key, budgetOf(key));
      return budgets.get(key);
    };
    const countedTo = (at: number, key: string | null): Counted[] => {
      const day = dayOf(at);
      const found: Counted[] = [];
      ledgers ??= { server: begin.server(), keys: begin.keys() };
      if (cap !== undefined) {
        found.push({ entry: ledgers.server.at(day), named: { capMicroUsd: cap.capMicroUsd, key: null, day } });
      }
      const own = key === null ? undefined : budget(key);
      if (key !== null && own !== undefined) {
        found.push({ entry: ledgers.keys.at(key, day), named: { capMicroUsd: own.microUsd, key: own.name, day } });
      }
      return found;
    };
    return {
      send(at, worst, key) {
        if (cap === undefined && key === null) return;
        const counted = countedTo(at, key);
        for (const { entry, named } of counted) refuse(worst, entry, named);
        for (const { entry } of counted) addToDay(entry, 0, worst ?? 0);
      },
      settle(at, { worst, cost }, key) {
        if ((cap === undefined && key === null) || (worst === 0 && cost === 0)) return;
        for (const { entry } of countedTo(at, key)) addToDay(entry, cost ?? worst ?? 0, -(worst ?? 0));
      },
      flush() {
        ledgers?.server.flush();
        ledgers?.keys.flush();
      },
    };
  };
}

/**
 * Reads the spending of a day under the cap of the server or, with a key, under its budget, whichever leaves less.
 * Resolves to null where neither is set.
 */
export function prepareReadDaySpending(
  db: DatabaseSync,
  { cap, dayOf }: DayCaps,
): (now: number, key?: string | null) => DaySpending | null {
  const ofServer = prepareReadDay(db, LEDGERS.server);
  const ofKey = prepareReadDay(db, LEDGERS.keys);
  const budgetOf = prepareReadBudget(db);
  return (now, key = null) => {
    const day = dayOf(now);
    const found: DaySpending[] = [];
    if (cap !== undefined) found.push(toSpending({ capMicroUsd: cap.capMicroUsd, key: null, day }, ofServer(day)));
    const own = key === null ? undefined : budgetOf(key);
    if (key !== null && own !== undefined) {
      found.push(toSpending({ capMicroUsd: own.microUsd, key: own.name, day }, ofKey(key, day)));
    }
    return found.sort((one, other) => roomOf(one) - roomOf(other))[0] ?? null;
  };
}

interface Budget {
  name: string;
  microUsd: number;
}

/** A key's budget, also of a revoked key: its batches go on. */
function prepareReadBudget(db: DatabaseSync): (key: string) => Budget | undefined {
  const read = prepare<Budget>(
    db,
    'SELECT name, budget_micro_usd AS microUsd FROM access_keys WHERE id = ? AND budget_micro_usd IS NOT NULL',
  );
  return (key) => read.get(key);
}

function refuse(worst: number | null, entry: DayEntry, named: Counted['named']): void {
  if (worst === null) throw new AppError('budget_unpriced', unpricedDayCap('the model', named.key));
  if (worst > 0 && entry.cost + entry.open + worst > toPico(named.capMicroUsd)) {
    throw dayCapReached(toSpending(named, entry), worst / PICO_PER_MICRO);
  }
}

const PICO_PER_MICRO = 1e6;

function toSpending(named: Counted['named'], { cost, open }: Pick<DayEntry, 'cost' | 'open'>): DaySpending {
  return { ...named, costMicroUsd: cost / PICO_PER_MICRO, openMicroUsd: open / PICO_PER_MICRO };
}

function roomOf({ capMicroUsd, costMicroUsd, openMicroUsd }: DaySpending): number {
  return capMicroUsd - costMicroUsd - openMicroUsd;
}
