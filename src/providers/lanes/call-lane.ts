import type { AppError } from '../../base/errors.ts';
import type { Usage } from '../../protocol/messages.ts';
import type { RateLimits } from '../provider.ts';
import type { CallSize } from './lane-meters.ts';

/** What a call enters before it is sent: a lane of this process, or of another one, which says later what a fault means. */
export interface CallLane {
  acquire(call: NamedCall): CallPermit | Promise<CallPermit>;
}

/** A call that another process can find by its name. */
export interface NamedCall extends LaneCall {
  run: string;
  turn: number;
}

/** The permit of a {@link CallLane}. */
export type CallPermit = Permit<FaultMeaning | Promise<FaultMeaning>>;

/** A call that waits for its turn. */
export interface LaneCall extends CallSize {
  /** Any of these ends the waiting; they are ignored for a call that need not wait. */
  waitSignals: readonly AbortSignal[];
  /** The call was sent before: it goes in front of the member's others. */
  isRepeat?: boolean;
}

/** Permission for one call; it must be ended. */
export interface Permit<Meaning = FaultMeaning> {
  /** For `onLimits` of the provider. */
  limits(limits: RateLimits): void;
  /** The call has ended. Returns what a fault means for its next try. Idempotent. */
  end(outcome: CallOutcome): Meaning;
}

/** How a call ended; `aborted` faults say nothing about the lane. */
export type CallOutcome =
  | { kind: 'answered'; usage: Usage }
  | { kind: 'failed'; error: AppError }
  | { kind: 'not-sent' };

/** What a fault of a call means for its next try. */
export type FaultMeaning =
  /** It counts against the call's own attempts. */
  | { kind: 'own' }
  /** The call alone was refused: it waits as it was asked to, and this does not count as one of its sends. */
  | { kind: 'alone' }
  /** The whole lane is blocked: the call waits in it again, any number of times. */
  | { kind: 'lane' }
  /** The lane has had no answer for longer than the patience. */
  | { kind: 'given-up'; error: AppError };
