import type { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../../base/errors.ts';
import { type DayCap, type DaySpending, dayCapReached } from '../../spending.ts';
import { toPico } from '../batches/money.ts';
import { prepare } from '../statement.ts';

/** What the sends and the answers of one transaction mean for the spending of their days. Money in pico-dollars. */
export interface DaySums {
  /**
   * Counts a send at its worst price.
   * @throws AppError `budget_reached` when the cap of its day has no room, `budget_unpriced` when its price is unknown
   */
  send(at: number, worst: number | null): void;
  /** Settles a send that was made at this time: its cost (null: unknown) replaces its worst price. */
  settle(at: number, worst: number | null, cost: number | null): void;
  /** Writes the sums to the database. */
  flush(): void;
}

/** A day with the additions of this transaction, which are also in its sums. */
interface Day {
  cost: number;
  open: number;
  moreCost: number;
  moreOpen: number;
}

/**
 * Prepares the statements; the result starts the sums of one transaction. No other process can write in between, so the
 * check of the cap is exact: the transaction holds the write lock. One read and one write a transaction.
 */
export function prepareDaySums(db: DatabaseSync, { capMicroUsd, dayOf }: DayCap): () => DaySums {
  const readDay = prepareReadDay(db);
  const write = prepare(
    db,
    `INSERT INTO day_spending (day, cost_pico_usd, open_pico_usd) VALUES (?1, ?2, max(0, ?3))
     ON CONFLICT (day) DO UPDATE SET cost_pico_usd = cost_pico_usd + ?2, open_pico_usd = max(0, open_pico_usd + ?3)`,
  );
  const cap = toPico(capMicroUsd);
  return () => {
    const days = new Map<string, Day>();
    const of = (name: string): Day => {
      const day = days.get(name) ?? { ...readDay(name), moreCost: 0, moreOpen: 0 };
      days.set(name, day);
      return day;
    };
    return {
      send(at, worst) {
        if (worst === null) throw unpriced();
        if (worst === 0) return;
        const name = dayOf(at);
        const day = of(name);
        if (day.cost + day.open + worst > cap) {
          throw dayCapReached(toSpending(name, day, capMicroUsd), worst / PICO_PER_MICRO);
        }
        add(day, 0, worst);
      },
      settle(at, worst, cost) {
        if (worst === 0 && cost === 0) return;
        add(of(dayOf(at)), cost ?? worst ?? 0, -(worst ?? 0));
      },
      flush() {
        for (const [name, { moreCost, moreOpen }] of days) {
          if (moreCost !== 0 || moreOpen !== 0) write.run(name, moreCost, moreOpen);
        }
        days.clear();
      },
    };
  };
}

/** Reads the spending of a day. */
export function prepareReadDaySpending(db: DatabaseSync, cap: DayCap): (now: number) => DaySpending {
  const readDay = prepareReadDay(db);
  return (now) => {
    const name = cap.dayOf(now);
    return toSpending(name, readDay(name), cap.capMicroUsd);
  };
}

const PICO_PER_MICRO = 1e6;

/** A process without a cap does not count what it sends: settling such a send must not leave a sum below 0. */
function add(day: Day, cost: number, open: number): void {
  day.cost += cost;
  day.open = Math.max(0, day.open + open);
  day.moreCost += cost;
  day.moreOpen += open;
}

function prepareReadDay(db: DatabaseSync): (day: string) => Pick<Day, 'cost' | 'open'> {
  // Reals: a sum may exceed a safe integer.
  const read = prepare<Pick<Day, 'cost' | 'open'>>(
    db,
    'SELECT cost_pico_usd * 1.0 AS cost, open_pico_usd * 1.0 AS open FROM day_spending WHERE day = ?',
  );
  return (day) => read.get(day) ?? { cost: 0, open: 0 };
}

function toSpending(day: string, { cost, open }: Pick<Day, 'cost' | 'open'>, capMicroUsd: number): DaySpending {
  return { capMicroUsd, day, costMicroUsd: cost / PICO_PER_MICRO, openMicroUsd: open / PICO_PER_MICRO };
}

function unpriced(): AppError {
  return new AppError(
    'budget_unpriced',
    "The price of the model is unknown, so the cap of a day (ROWMILL_MAX_USD_PER_DAY) can't be kept. Use a model with a known price, or add its price to a price file (ROWMILL_PRICES).",
  );
}
