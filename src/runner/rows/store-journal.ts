import type { Clock } from '../../base/clock.ts';
import type { Payer } from '../../storage/journal.ts';
import type { Fence } from '../../storage/leases.ts';
import type { Store } from '../../storage/store.ts';
import type { Budget } from './budget.ts';
import { commitBeforeSend } from './commit-before-send.ts';
import type { DayGate } from './day-gate.ts';
import type { JournalPort } from './journal-port.ts';

/** The dependencies of a {@link JournalPort} in the process that has the store. */
export interface StoreJournalDeps {
  store: Store;
  budget: Budget;
  clock: Clock;
  /** Absent for conversations, which no lease guards. */
  fence?: Fence;
  /** The key whose budget pays for a call without a fence; absent where it has none. */
  payer?: Payer | undefined;
  /** Present where a cap of a day is set. */
  dayGate?: DayGate | undefined;
}

/** Makes the {@link JournalPort} of the journal in the store and a budget. */
export function createStoreJournal(deps: StoreJournalDeps): JournalPort {
  const { store, budget, dayGate } = deps;
  const by = deps.fence ?? deps.payer;
  return {
    read: (run) => store.readJournal(run),
    reserve: budget.reserve,
    settle:
      dayGate === undefined
        ? budget.settle
        : (worst, cost, key) => {
            budget.settle(worst, cost);
            dayGate.ended(key);
          },
    commitIntent: (intent) => {
      const commit = () => store.writeIntent(intent, by);
      const isGated = dayGate !== undefined && intent.kind === 'model';
      return commitBeforeSend(isGated ? () => dayGate.admit(intent, commit) : commit, deps);
    },
    commitAnswer: (key, answer) => store.writeAnswer(key, answer, by),
    commitRefusal: (key) => store.writeRefusal(key, by),
  };
}
