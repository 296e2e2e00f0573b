import { AppError, toAppError } from '../base/errors.ts';
import type { CallLane, FaultMeaning } from '../providers/lanes/call-lane.ts';
import type { Provider } from '../providers/provider.ts';
import type { Answered, WireHash } from '../runner/execution/fleet/messages.ts';
import { fromWire, toWire } from '../runner/execution/fleet/wire.ts';
import { createRunCache, type RunCache } from '../runner/rows/answer-cache.ts';
import type { JournalPort } from '../runner/rows/journal-port.ts';
import type { CallLimits } from '../runner/rows/model-call.ts';
import type { JournalIntent } from '../storage/journal.ts';
import type { BatchSession } from './batch-session.ts';
import type { KeptAnswers } from './kept-answers.ts';
import type { RowTimes } from './readiness.ts';
import { createRunStates, type RunStates } from './run-states.ts';
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
  /** Where the time of a run went. */
  times(run: string): RowTimes;
  /** The fault of an answer of a run that could not be committed. */
  answerFault(run: string): AppError | undefined;
  /** Forgets a run. */
  end(run: string): void;
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
 * call alone. A call that was granted waits for a slot of the worker. A run does not wait until its answer is committed:
 * the coordinator grants its next call, and settles its outcome, after that.
 */
export function createRemotePort(session: BatchSession, { first, kept, slots, cache }: RemotePortParts): RemotePort {
  const states = createRunStates(slots, session.now);
  let limits = first;
  const grant = async (intent: JournalIntent): Promise<() => boolean> => {
    limits = await askForGrant(session, states, intent);
    return session.isFresh;
  };
  return {
    journal: {
      async read(run) {
        const entries = await session.request({ kind: 'read', run });
        for (const entry of entries) states.ofKey(entry).openSends = entry.openSends;
        return entries;
      },
      // Both go with the intent, and with the answer.
      reserve: () => Promise.resolve(),
      settle: () => undefined,
      commitIntent: grant,
      commitAnswer: async (key, answer) => sendAnswer(session, { states, kept }, { key, answer }),
      async commitRefusal(key) {
        states.ofKey(key).openSends -= 1;
        await session.request({ kind: 'refusal', run: key.run, key });
      },
      ...(cache !== undefined && { openCache: (run: string) => openCache(session, states, { run, provider: cache }) }),
    },
    lane: createRemoteLane(session, states),
    callLimits: () => limits,
    hashed: (run) => states.ofRun(run).hashed,
    sentAnswers: (run) => [...states.ofRun(run).sent],
    times: (run) => states.ofRun(run).times,
    answerFault: (run) => states.ofRun(run).fault,
    end: states.end,
  };
}

/** Resolves when the call may be sent, to the limits of calls. @throws AppError where it may not */
async function askForGrant(session: BatchSession, states: RunStates, intent: JournalIntent): Promise<CallLimits> {
  const { run, turn, call } = intent;
  const key = { run, turn, call };
  const state = states.ofKey(key);
  const own = states.ofRun(run);
  const { fault, sent, times } = own;
  if (fault !== undefined) throw fault;
  const entry = intent.kind === 'model' ? (state.entry ?? null) : null;
  const asked = { kind: 'grant' as const, run, intent, entry, openSends: state.openSends };
  const askedAt = session.now();
  const limits = await session.request(asked, [...sent]);
  let grantedAt = session.now();
  times.grantMs += grantedAt - askedAt;
  if (!(await states.enter(run, own, state)))
    throw new AppError('aborted', 'The run ended before its call was granted.');
  // A worker that was cut off meanwhile may have lost its row, and the batch may have been paused.
  while (!session.isFresh() || session.now() - grantedAt > GRANT_MS) {
    await session.request({ kind: 'still', run, key });
    grantedAt = session.now();
  }
  state.openSends += 1;
  return limits;
}

/** Keeps an answer, and sends it to the coordinator. */
function sendAnswer(
  session: BatchSession,
  { states, kept }: { states: RunStates; kept: RemotePortParts['kept'] },
  { key, answer }: Pick<Answered, 'key' | 'answer'>,
): void {
  const call = states.ofKey(key);
  const { usage, limits } = call;
  // A model call has ended before.
  states.leave(key.run, call);
  const answered: Answered = {
    ...{ run: key.run, key, answer },
    ...(usage !== undefined && { usage }),
    ...(limits !== undefined && { limits }),
  };
  const forget = kept.keep({ batchId: session.batchId, answered: { ...answered, by: session.worker } });
  const state = states.ofRun(key.run);
  const { id, committed } = session.sendAnswer(answered);
  state.sent.add(id);
  committed
    .then(forget, (thrown: unknown) => {
      state.fault = toAppError(thrown);
    })
    .finally(() => state.sent.delete(id));
}

function openCache(
  session: BatchSession,
  states: RunStates,
  { run, provider }: { run: string; provider: NonNullable<RemotePortParts['cache']> },
): RunCache {
  const own = states.ofRun(run);
  const remote: Parameters<typeof createRunCache>[0] = {
    async take({ turn, hash, model, appended }) {
      const askedAt = session.now();
      const asked = { kind: 'reuse' as const, run, turn, hash: hash.toString('base64'), model, appended };
      const taken = await session.request(asked, [...own.sent]);
      own.times.grantMs += session.now() - askedAt;
      return taken;
    },
    record: ({ turn, hash }) => void own.hashed.push({ turn, hash: Buffer.from(hash).toString('base64') }),
  };
  return createRunCache(remote, { run, batchId: session.batchId, provider });
}

/** The lane of the coordinator: a call enters it with its grant. */
function createRemoteLane(session: BatchSession, states: RunStates): CallLane {
  return {
    acquire({ run, turn, requestBytes, maxTokens, isRepeat = false }) {
      const key = { run, turn, call: 0 };
      const state = states.ofKey(key);
      state.entry = { requestBytes, maxTokens, isRepeat };
      return {
        limits: (stated) => {
          state.limits = stated;
        },
        end(outcome): FaultMeaning | Promise<FaultMeaning> {
          states.leave(run, state);
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
}
