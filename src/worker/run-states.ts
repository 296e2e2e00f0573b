import type { AppError } from '../base/errors.ts';
import type { Usage } from '../protocol/messages.ts';
import type { LaneCall } from '../providers/lanes/call-lane.ts';
import type { RateLimits } from '../providers/provider.ts';
import type { WireHash } from '../runner/execution/fleet/messages.ts';
import type { JournalKey } from '../storage/journal.ts';
import type { RowTimes } from './readiness.ts';
import type { Slots } from './slots.ts';

/** What is known of one call until its grant and its answer are asked for. */
export interface CallState {
  entry?: Pick<LaneCall, 'requestBytes' | 'maxTokens'> & { isRepeat: boolean };
  usage?: Usage;
  limits?: RateLimits;
  /** Sends whose outcome is not known. */
  openSends: number;
  /** Since when it has a slot; undefined while it has none. */
  slotAt: number | undefined;
}

/** What is known of one run. */
export interface RunState {
  calls: Map<string, CallState>;
  /** The answers that are sent and not committed. */
  sent: Set<number>;
  hashed: WireHash[];
  times: RowTimes;
  /** The fault of an answer that could not be committed. */
  fault?: AppError;
}

/** The runs of a worker, and the slots that their calls have. */
export interface RunStates {
  ofRun(run: string): RunState;
  ofKey(key: JournalKey): CallState;
  /** Resolves when a call that was granted has a slot. False where its run has ended since the state was read. */
  enter(run: string, own: RunState, call: CallState): Promise<boolean>;
  /** Such a call has ended. Idempotent. */
  leave(run: string, call: CallState): void;
  /** Forgets a run. */
  end(run: string): void;
}

/** Starts without runs. @param now milliseconds of a monotonic clock */
export function createRunStates(slots: Slots, now: () => number): RunStates {
  const runs = new Map<string, RunState>();
  const ofRun = (run: string): RunState => {
    const times = { grantMs: 0, slotMs: 0 };
    const state = runs.get(run) ?? { calls: new Map(), sent: new Set(), hashed: [], times };
    runs.set(run, state);
    return state;
  };
  const ofKey = ({ run, turn, call }: JournalKey): CallState => {
    const { calls } = ofRun(run);
    const state = calls.get(`${turn}/${call}`) ?? { openSends: 0, slotAt: undefined };
    calls.set(`${turn}/${call}`, state);
    return state;
  };
  const leave = (run: string, call: CallState) => {
    if (call.slotAt === undefined) return;
    slots.leave(run);
    const times = runs.get(run)?.times;
    if (times !== undefined) times.slotMs += now() - call.slotAt;
    call.slotAt = undefined;
  };
  return {
    ...{ ofRun, ofKey, leave },
    async enter(run, own, call) {
      await slots.enter(run);
      call.slotAt = now();
      if (runs.get(run) === own) return true;
      leave(run, call);
      return false;
    },
    end(run) {
      // The call of a tool that was aborted has no answer.
      for (const call of runs.get(run)?.calls.values() ?? []) leave(run, call);
      runs.delete(run);
    },
  };
}
