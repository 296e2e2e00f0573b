import type { Clock } from '../../base/clock.ts';
import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { Usage } from '../../protocol/messages.ts';
import type { EventSink } from '../../telemetry/events.ts';
import type { RateLimits } from '../provider.ts';
import type { CallOutcome, FaultMeaning, LaneCall, Permit } from './call-lane.ts';
import { BREAKER, type BreakerOptions } from './circuit-breaker.ts';
import { createLaneHealth, type LaneHealth, type Sending } from './lane-health.ts';
import { createLaneMeters, type LaneCaps, type LaneMeters } from './lane-meters.ts';
import { createLaneQueue, type LaneQueue, type QueueMember } from './lane-queue.ts';

/** The shared limits of every provider and model of this process; all batches and conversations go through them. */
export interface Lanes {
  join(provider: string, model: string, options?: MemberOptions): LaneMember;
  /** How each lane is now. */
  states(): LaneNow[];
}

/** A lane as it is now. */
export interface LaneNow {
  provider: string;
  model: string;
  state: 'open' | 'cooling' | 'stopped';
  /** Until it sends again; 0 while it is open. */
  waitMs: number;
  /** Calls that are sent and not answered. */
  inFlight: number;
  /** Calls that wait for their turn. */
  waiting: number;
}

export interface MemberOptions {
  /** 1 to 10: the member's share of a lane that several members need at the same time. Default 5. */
  priority?: number | undefined;
  /** Our own limits; the strictest ones of all members apply to the lane. */
  caps?: LaneCaps | undefined;
}

/** One batch or conversation in a lane. */
export interface LaneMember {
  /**
   * A permit for one call, in order. It is returned immediately, without a promise, while the lane has room and no call
   * waits.
   * Contract: rejects with `aborted` when a signal fires while it waits, with `model_unavailable` when the lane is given up.
   */
  acquire(call: LaneCall): Permit | Promise<Permit>;
  /** Applies to waiting calls as well; undefined is the default. */
  setPriority(priority: number | undefined): void;
  /** Idempotent; calls that wait keep their places. */
  leave(): void;
}

export interface LanesOptions {
  clock: Clock;
  random?: () => number;
  log?: Log;
  /** Receives the changes of lanes' states. */
  events?: EventSink;
  /** How long a lane may be refused or fail without one answer before it is given up. Default 5 minutes. */
  patienceMs?: number;
  breaker?: BreakerOptions;
  /** Lowest concurrency that a lane is cut to. Default 1. */
  floor?: number;
  /** Length of the minute of limits, for tests. */
  periodMs?: number;
}

const PATIENCE_MS = 300_000;
const DEFAULT_PRIORITY = 5;

/** One {@link Lanes} for a process. */
export function createLanes(options: LanesOptions): Lanes {
  const lanes = new Map<string, ReturnType<typeof createLane>>();
  return {
    join(provider, model, member = {}) {
      const key = JSON.stringify([provider, model]);
      const lane = lanes.get(key) ?? createLane({ provider, model }, options);
      lanes.set(key, lane);
      return lane.join(member);
    },
    states: () => [...lanes.values()].map(({ now }) => now()),
  };
}

interface Waiting {
  call: LaneCall;
  grant(): void;
  refuse(error: AppError): void;
}

/** What the parts of one lane share. */
interface Lane {
  health: LaneHealth;
  meters: LaneMeters;
  queue: LaneQueue<Waiting>;
  now: () => number;
  /** Reports the lane's state when it has changed and the event has a listener. */
  report(): void;
  /** Grants every waiting call that may be sent now. */
  pump(): void;
}

function createLane(
  id: { provider: string; model: string },
  options: LanesOptions,
): { join: (member: MemberOptions) => LaneMember; now: () => LaneNow } {
  const { clock, random = Math.random, log, patienceMs = PATIENCE_MS, breaker = BREAKER, floor = 1 } = options;
  const now = () => clock.monotonic();
  const name = `${id.provider} ${id.model}`;
  const meters = createLaneMeters(options.periodMs ?? 60_000);
  const isReported = () => meters.isReported();
  const health = createLaneHealth({ name, now, random, log, patienceMs, breaker, floor, isReported });
  const wake = createAlarm(clock, () => lane.pump());
  const lane: Lane = {
    health,
    meters,
    queue: createLaneQueue(),
    now,
    report: createStateReport(id, health, options),
    pump() {
      for (let next = lane.queue.first(); next !== undefined; next = lane.queue.first()) {
        const waitMs = waitOf(lane, next.entry.call);
        if (waitMs > 0) return wake(waitMs);
        next.member.remove(next.entry);
        next.entry.grant();
      }
      wake(Number.POSITIVE_INFINITY);
    },
  };
  const caps = new Map<QueueMember<Waiting>, LaneCaps>();
  const setCaps = () => lane.meters.setCaps(strictest([...caps.values()]), now());
  const join = (joining: MemberOptions): LaneMember => {
    const member = lane.queue.join(joining.priority ?? DEFAULT_PRIORITY);
    caps.set(member, joining.caps ?? {});
    setCaps();
    return {
      acquire(call) {
        const isFree = lane.queue.size() === 0 && waitOf(lane, call) <= 0;
        return isFree ? grant(lane, member, call) : wait(lane, member, call);
      },
      setPriority: (priority = DEFAULT_PRIORITY) => member.setPriority(priority),
      leave: () => {
        member.leave();
        if (caps.delete(member)) setCaps();
      },
    };
  };
  return {
    join,
    now: () => ({ ...id, ...health.state(), inFlight: health.inFlight(), waiting: lane.queue.size() }),
  };
}

/** Checks a lane's state each time a call has ended; without a listener it only checks that there is none. */
function createStateReport(
  id: { provider: string; model: string },
  health: LaneHealth,
  { events, clock }: LanesOptions,
): () => void {
  let reported: ReturnType<LaneHealth['state']>['state'] = 'open';
  return () => {
    if (!events?.has('lane-state')) return;
    const now = health.state();
    if (now.state === reported) return;
    reported = now.state;
    events.emit('lane-state', { ...id, ...now, inFlight: health.inFlight(), at: clock.now() });
  };
}

function waitOf({ health, meters, now }: Lane, call: LaneCall): number {
  const waitMs = health.waitMs();
  return waitMs > 0 ? waitMs : meters.waitMs(call, now);
}

function wait(lane: Lane, member: QueueMember<Waiting>, call: LaneCall): Promise<Permit> {
  return new Promise((resolve, reject) => {
    const unlisten = () => {
      for (const signal of call.waitSignals) signal.removeEventListener('abort', abort);
    };
    const entry: Waiting = {
      call,
      grant() {
        unlisten();
        resolve(grant(lane, member, call));
      },
      refuse(error) {
        unlisten();
        reject(error);
      },
    };
    const abort = () => {
      member.remove(entry);
      entry.refuse(new AppError('aborted', 'The call was cancelled before it was sent.'));
      lane.pump();
    };
    member.add(entry, call.isRepeat ?? false);
    for (const signal of call.waitSignals) signal.addEventListener('abort', abort, { once: true });
    if (call.waitSignals.some((signal) => signal.aborted)) abort();
    else lane.pump();
  });
}

function grant(lane: Lane, member: QueueMember<Waiting>, call: LaneCall): Permit {
  member.served();
  const sending = lane.health.send();
  const taken = lane.meters.take(call, lane.now);
  let limits: RateLimits | undefined;
  let meaning: FaultMeaning | undefined;
  return {
    limits: (stated) => {
      limits = stated;
    },
    end(outcome) {
      if (meaning !== undefined) return meaning;
      lane.meters.settle({ size: call, taken, usage: chargedOf(outcome), limits, now: lane.now() });
      meaning = meaningOf(lane, outcome, sending);
      lane.report();
      lane.pump();
      return meaning;
    },
  };
}

function meaningOf(lane: Lane, outcome: CallOutcome, sending: Sending): FaultMeaning {
  if (outcome.kind === 'answered') lane.health.answered(sending);
  else if (outcome.kind === 'not-sent' || outcome.error.code === 'aborted') lane.health.dropped(sending);
  else {
    const meaning = lane.health.failed(outcome.error, sending);
    // All waiting calls are refused; the next new call tries the lane again.
    if (meaning.kind === 'given-up') for (const entry of lane.queue.clear()) entry.refuse(meaning.error);
    return meaning;
  }
  return { kind: 'own' };
}

/** What a call was charged: null for nothing, undefined when that is not known. */
function chargedOf(outcome: CallOutcome): Usage | null | undefined {
  if (outcome.kind === 'answered') return outcome.usage;
  return outcome.kind === 'not-sent' || outcome.error.code === 'model_rate_limited' ? null : undefined;
}

function strictest(all: readonly LaneCaps[]): LaneCaps {
  const least = (cap: keyof LaneCaps) => {
    const given = all.flatMap((caps) => caps[cap] ?? []);
    return given.length === 0 ? undefined : Math.min(...given);
  };
  return {
    requestsPerMinute: least('requestsPerMinute'),
    inputTokensPerMinute: least('inputTokensPerMinute'),
    outputTokensPerMinute: least('outputTokensPerMinute'),
  };
}

/** Rings once, at the earliest of the times that were set since it last rang; Infinity cancels the alarm. */
function createAlarm(clock: Clock, ring: () => void): (inMs: number) => void {
  let set: { at: number; cancel: AbortController } | undefined;
  return (inMs) => {
    const at = clock.monotonic() + inMs;
    if (inMs !== Number.POSITIVE_INFINITY && set !== undefined && set.at <= at) return;
    set?.cancel.abort();
    set = undefined;
    if (inMs === Number.POSITIVE_INFINITY) return;
    const cancel = new AbortController();
    set = { at, cancel };
    clock.sleep(Math.ceil(inMs), cancel.signal).then(
      () => {
        set = undefined;
        ring();
      },
      (thrown: unknown) => {
        // A sleep rejects only when it was cancelled.
        if (!cancel.signal.aborted) throw thrown;
      },
    );
  };
}
