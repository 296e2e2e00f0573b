import { AppError } from '../../base/errors.ts';
import { dollars } from '../../base/figures.ts';

/**
 * Holds spending below a cap. What is committed is what was spent, plus calls in flight and calls whose answer was
 * lost, both at their worst price. All sums are micro-dollars.
 */
export interface Budget {
  /**
   * Commits `worst` before a call is sent. While other calls are in flight it waits for what they leave.
   * @throws AppError `budget_reached` when nothing is in flight and it still does not fit
   */
  reserve(worst: number): Promise<void>;
  /** The call is over: `cost` was charged (0 when it was refused), or undefined when that is not known. */
  settle(worst: number, cost: number | undefined): void;
  /** Another cap, or none; calls that wait are looked at again. */
  setCap(cap: number | undefined): void;
}

/** @param first the cap; undefined: everything fits */
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
    async reserve(worst) {
      while (cap !== undefined && spent + inFlightWorst + worst > cap) {
        if (inFlight === 0) throw budgetReached(cap, spent, worst);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      inFlight += 1;
      inFlightWorst += worst;
    },
    settle(worst, cost) {
      inFlight -= 1;
      // Exactly nothing when nothing is in flight: prices are fractions of a micro-dollar, whose sums leave residues.
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

/** The fault of a cap in whose way the next call, at its worst, would be. All sums are micro-dollars. */
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
      `${dollars(worst / 1e6)}. Resume with a higher max_cost_usd to go on.`,
  );
}
