import { AppError } from '../../base/errors.ts';
import { dollars } from '../../base/figures.ts';

/**
 * Keeps spending below a cap. Committed money is the money spent, plus calls in flight and calls whose answer was lost,
 * both at their worst price. All sums are micro-dollars.
 */
export interface Budget {
  /**
   * Commits `worst` before a call is sent. While other calls are in flight, it waits for the room that they leave.
   * @param worst undefined when the price is unknown: then nothing is sent under a cap
   * @throws AppError `budget_reached` when no call is in flight and `worst` still does not fit, `budget_unpriced`
   */
  reserve(worst: number | undefined): Promise<void>;
  /**
   * Reports that the call has ended. `cost` is the charge (0 when the call was refused); undefined when it is unknown.
   */
  settle(worst: number, cost: number | undefined): void;
  /** Sets another cap, or none; waiting calls are checked again. */
  setCap(cap: number | undefined): void;
}

/** @param first the cap; undefined: no cap */
export function createBudget(first: number | undefined, committed: number): Budget {
  let cap = first;
  let spent = committed;
  let inFlight = 0;
  let inFlightWorst = 0;
  let waiting: (() => void)[] = [];
  const wakeAll = () => {
    const woken = waiting;
    waiting = [];
    for (const wake of woken) wake();
  };
  return {
    async reserve(known) {
      const worst = known ?? 0;
      while (cap !== undefined && spent + inFlightWorst + worst > cap) {
        if (inFlight === 0) throw budgetReached(cap, spent, worst);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      if (cap !== undefined && known === undefined) throw unpricedUnderCap();
      inFlight += 1;
      inFlightWorst += worst;
    },
    settle(worst, cost) {
      inFlight -= 1;
      // Exactly 0 when no call is in flight: prices are fractions of a micro-dollar, whose sums leave residues.
      inFlightWorst = inFlight === 0 ? 0 : inFlightWorst - worst;
      spent += cost ?? worst;
      wakeAll();
    },
    setCap(next) {
      if (next === cap) return;
      cap = next;
      wakeAll();
    },
  };
}

/** The fault when the next call, at its worst price, would exceed the cap. All sums are micro-dollars. */
export function budgetReached(cap: number, spent: number, worst: number): AppError {
  if (spent === 0) {
    return new AppError(
      'budget_reached',
      `The cap of ${dollars(cap / 1e6)} has no room for one call: the next may cost ${dollars(worst / 1e6)}. Resume with a higher max_cost_usd.`,
    );
  }
  return new AppError(
    'budget_reached',
    `The cap of ${dollars(cap / 1e6)} is reached: ${dollars(spent / 1e6)} is spent or committed, and the next call may cost ` +
      `${dollars(worst / 1e6)}. Resume with a higher max_cost_usd to continue.`,
  );
}

/** The fault when the price of the next call is unknown under a cap: a fallback model may have another price. */
export function unpricedUnderCap(): AppError {
  return new AppError(
    'budget_unpriced',
    'The price of the model that answers now is unknown, so no cap can be kept. Add its price to a price file (ROWMILL_PRICES), or use another fallback model.',
  );
}
