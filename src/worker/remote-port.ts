import { AppError, toAppError } from '../base/errors.ts';
import type { Usage } from '../protocol/messages.ts';
import type { CallLane, FaultMeaning, LaneCall } from '../providers/lanes/call-lane.ts';
import type { Provider, RateLimits } from '../providers/provider.ts';
import type { Answered, WireHash } from '../runner/execution/fleet/messages.ts';
import { fromWire, toWire } from '../runner/execution/fleet/wire.ts';
import { createRunCache } from '../runner/rows/answer-cache.ts';
import type { JournalPort } from '../runner/rows/journal-port.ts';
import type { CallLimits } from '../runner/rows/model-call.ts';
import type { JournalKey } from '../storage/journal.ts';
import type { BatchSession } from './batch-session.ts';
import type { KeptAnswers } from './kept-answers.ts';
import type { Slots } from './slots.ts';

/** The journal, the budget and the lane of the coordinator, as the runs of a worker use them. */
export interface RemotePort {
  journal: JournalPort;
  lane: CallLane;
  /** The limits of calls that came with the last grant. */
  callLimits: () => CallLimits;
  /** The hashes of the answered model calls of a run, where the batch caches. */
  hashed(run: string): WireHash[];
  /** The answers of a run that are sent and not committed: its outcome is settled after them. */
  sentAnswers(run: string): number[];
  /** The fault of an answer of a run that could not be committed. */
  answerFault(run: string): AppError | undefined;
  /** Forgets a run. */
  end(run: string): void;
}

/** What is known of one call until its grant and its answer are asked for. */
interface CallState {
  entry?: Pick<LaneCall, 'requestBytes' | 'maxTokens'> & { isRepeat: boolean };
  usage?: Usage;
  limits?: RateLimits;
  /** Sends whose outcome is not known. */
  openSends: number;
  hasSlot: boolean;
}

/** What is known of one run. */
interface RunState {
  calls: Map<string, CallState>;
  sent: Set<number>;
  hashed: WireHash[];
  fault?: AppError;
}

/** A grant that is not used for this long is confirmed before its call is sent, in milliseconds. */
const GRANT_MS = 2_000;

interface RemotePortParts {
  /** The limits of calls when the first run begins. */
  first: CallLimits;
  kept: Pick<KeptAnswers, 'keep'>;
  slots: Slots;
  /** Where the batch allows answers of other rows: the provider, whose requests are hashed here. */
  cache: Pick<Provider, 'name' | 'server' | 'route'> | undefined;
}

/**
 * The port to the coordinator. Money, limits and intent of a call are one request: they are granted together, for this
 * call alone. A call that was granted waits for a slot of the worker. A run does not wait until its answer is committed: the coordinator grants its next call, and settles its
 * outcome, after that.
 */
export function createRemotePort(session: BatchSession, { first, kept, slots, cache }: RemotePortParts): RemotePort {
  const runs = new Map<string, RunState>();
  let limits = first;
  const ofRun = (run: string): RunState => {
    const state = runs.get(run) ?? { calls: new Map(), sent: new Set(), hashed: [] };
    runs.set(run, state);
    return state;
  };
  const ofKey = ({ run, turn, call }: JournalKey): CallState => {
    const { calls } = ofRun(run);
    const state = calls.get(`${turn}/${call}`) ?? { openSends: 0, hasSlot: false };
    calls.set(`${turn}/${call}`, state);
    return state;
  };
  const leave = (run: string, state: CallState) => {
    if (state.hasSlot) slots.leave(run);
    state.hasSlot = false;
  };
  const openCache = (run: string, provider: NonNullable<RemotePortParts['cache']>) => {
    const own = ofRun(run);
    const remote: Parameters<typeof createRunCache>[0] = {
      take: ({ turn, hash, model, appended }) =>
        session.request({ kind: 'reuse', run, turn, hash: hash.toString('base64'), model, appended }, [...own.sent]),
      record: ({ turn, hash }) => void own.hashed.push({ turn, hash: Buffer.from(hash).toString('base64') }),
    };
    return createRunCache(remote, { run, batchId: session.batchId, provider });
  };
  const journal: JournalPort = {
    async read(run) {
      const entries = await session.request({ kind: 'read', run });
      for (const entry of entries) ofKey(entry).openSends = entry.openSends;
      return entries;
    },
    // Both go with the intent, and with the answer.
    reserve: () => Promise.resolve(),
    settle: () => undefined,
    async commitIntent(intent) {
      const { run, turn, call } = intent;
      const state = ofKey(intent);
      const own = ofRun(run);
      const { fault, sent } = own;
      if (fault !== undefined) throw fault;
      const entry = intent.kind === 'model' ? (state.entry ?? null) : null;
      const asked = { kind: 'grant' as const, run, intent, entry, openSends: state.openSends };
      limits = await session.request(asked, [...sent]);
      let grantedAt = session.now();
      await slots.enter(run);
      state.hasSlot = true;
      if (runs.get(run) !== own) {
        leave(run, state);
        throw new AppError('aborted', 'The run ended before its call was granted.');
      }
      // A worker that was cut off meanwhile may have lost its row, and the batch may have been paused.
      while (!session.isFresh() || session.now() - grantedAt > GRANT_MS) {
        await session.fresh();
        await session.request({ kind: 'still', run, key: { run, turn, call } });
        grantedAt = session.now();
      }
      state.openSends += 1;
      return session.isFresh;
    },
    async commitAnswer(key, answer) {
      const call = ofKey(key);
      const { usage, limits: stated } = call;
      // A model call has ended before.
      leave(key.run, call);
      const answered: Answered = {
        ...{ run: key.run, key, answer },
        ...(usage !== undefined && { usage }),
        ...(stated !== undefined && { limits: stated }),
      };
      const forget = kept.keep({ batchId: session.batchId, answered: { ...answered, by: session.worker } });
      const state = ofRun(key.run);
      const { id, committed } = session.sendAnswer(answered);
      state.sent.add(id);
      committed
        .then(forget, (thrown: unknown) => {
          state.fault = toAppError(thrown);
        })
        .finally(() => state.sent.delete(id));
    },
    async commitRefusal(key) {
      ofKey(key).openSends -= 1;
      await session.request({ kind: 'refusal', run: key.run, key });
    },
  };
  const lane: CallLane = {
    acquire({ run, turn, requestBytes, maxTokens, isRepeat = false }) {
      const key = { run, turn, call: 0 };
      const state = ofKey(key);
      state.entry = { requestBytes, maxTokens, isRepeat };
      return {
        limits: (stated) => {
          state.limits = stated;
        },
        end(outcome): FaultMeaning | Promise<FaultMeaning> {
          leave(run, state);
          if (outcome.kind === 'answered') state.usage = outcome.usage;
          if (outcome.kind !== 'failed') return { kind: 'own' };
          const stated = state.limits === undefined ? {} : { limits: state.limits };
          const asked = session.request({ kind: 'fault', run, key, error: toWire(outcome.error), ...stated });
          return asked.then((meaning) =>
            meaning.kind === 'given-up' ? { kind: 'given-up', error: fromWire(meaning.error) } : { kind: meaning.kind },
          );
        },
      };
    },
  };
  return {
    journal: { ...journal, ...(cache !== undefined && { openCache: (run: string) => openCache(run, cache) }) },
    lane,
    callLimits: () => limits,
    hashed: (run) => ofRun(run).hashed,
    sentAnswers: (run) => [...ofRun(run).sent],
    answerFault: (run) => ofRun(run).fault,
    end(run) {
      // The call of a tool that was aborted has no answer.
      for (const state of runs.get(run)?.calls.values() ?? []) leave(run, state);
      runs.delete(run);
    },
  };
}
