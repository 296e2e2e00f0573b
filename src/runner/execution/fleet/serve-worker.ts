import { AppError } from '../../../base/errors.ts';
import type { Log } from '../../../base/log.ts';
import type { PriceTable } from '../../../providers/prices/prices.ts';
import type { Fence } from '../../../storage/leases.ts';
import type { Store } from '../../../storage/store.ts';
import type { Events } from '../../../telemetry/events.ts';
import { commitAnswer, failCall, priced } from './answer-call.ts';
import { confirmGrant, grantCall, notGranted } from './grant-call.ts';
import type { HeldRuns } from './held-runs.ts';
import type { Answered, AnyAsk, Ask, BegunTask, FleetSnapshot } from './messages.ts';
import { giveUpCalls, type RemoteRun } from './remote-run.ts';
import { reuseAnswer } from './reuse-answer.ts';
import type { RunTable } from './run-table.ts';
import { fromWire } from './wire.ts';

/** What serves the workers of one batch. */
export interface ServeParts {
  runs: RunTable;
  store: Store;
  fence: Fence;
  events: Events;
  snapshots: ReadonlyMap<string, FleetSnapshot>;
  prices: PriceTable;
  /** A worker begins a chunk: the runs of it that no worker has. */
  begin(chunk: string): RemoteRun[];
  /** Queues a run again that its worker does not carry out. */
  release(run: RemoteRun): void;
  /** A row kept a place of its worker for this long. */
  measure(slotMs: number): void;
  /** Confirms that this process still has the lease. @throws AppError `lease_lost` */
  proveLease(): Promise<void>;
  held: HeldRuns;
  /** Says, once, why a worker can't run the agent. */
  tellUnfit(worker: string, reason: string): void;
  log: Log;
}

/** The events that the runs of workers report. */
const RUN_EVENTS = ['model-call-start', 'model-call-end', 'tool-call-end'] as const;

/**
 * Carries out one request of a worker; resolves to the reply.
 * @param again it was sent to the coordinator of an earlier lease before
 * @throws AppError for the worker
 */
export async function serveWorker(
  ask: AnyAsk,
  { from, again }: { from: string; again: boolean },
  parts: ServeParts,
): Promise<unknown> {
  const { runs, held } = parts;
  const heldRun = async (id: string): Promise<RemoteRun> => {
    await held.claimed(id, from);
    const run = runs.get(id);
    if (run?.holder !== from) throw notGranted();
    return run;
  };
  switch (ask.kind) {
    case 'begin':
      return { tasks: parts.begin(ask.chunk).map((run) => begin(run, from, parts)) };
    case 'snapshot':
      return parts.snapshots.get(ask.hash) ?? refuse('There is no such snapshot.');
    case 'return':
      if (ask.reason !== null) parts.tellUnfit(from, ask.reason);
      for (const run of runs.heldBy(from)) if (ask.runs.includes(run.task.run)) parts.release(run);
      return null;
    case 'read':
      return (await heldRun(ask.run)).model.calls.journal.read(ask.run);
    case 'grant':
      return grantCall(await heldRun(ask.run), ask, { from, again });
    case 'reuse':
      return reuseAnswer(await heldRun(ask.run), ask, again);
    case 'still':
      return confirmGrant(await heldRun(ask.run), ask.key);
    case 'answer':
      return answer(ask, { from, again }, parts);
    case 'fault':
      return failCall(await heldRun(ask.run), ask);
    case 'refusal':
      await (await heldRun(ask.run)).model.calls.journal.commitRefusal(ask.key);
      return null;
    case 'outcome':
      return end(await heldRun(ask.run), ask, parts);
    case 'hold':
      return hold(ask.runs, from, parts);
    case 'ping':
      compare(ask.runs, from, parts);
      await parts.proveLease();
      return null;
    default:
      return refuse(`This coordinator does not know the request ${JSON.stringify((ask as AnyAsk).kind)}.`);
  }
}

function refuse(message: string): never {
  throw new AppError('internal', message);
}

function begin(run: RemoteRun, worker: string, { events }: ServeParts): BegunTask {
  run.holder = worker;
  const { snapshot, calls, timeoutMs: timeoutOf } = run.model;
  const timeoutMs = timeoutOf();
  return {
    ...{ task: run.task, snapshot, limits: calls.callLimits?.() ?? {} },
    ...(timeoutMs !== undefined && { timeoutMs }),
    events: RUN_EVENTS.filter((name) => events.has(name)),
  };
}

/** A late answer counts while no other worker has the row: it is paid, and spares the next run a call. */
async function answer(
  answered: Answered,
  { from, again }: { from: string; again: boolean },
  parts: ServeParts,
): Promise<null> {
  const { store, fence, runs, prices, log } = parts;
  const { key, by = from } = answered;
  await parts.held.claimed(answered.run, by);
  const run = runs.get(answered.run);
  if (run?.holder === by) {
    await commitAnswer(run, answered, again);
    return null;
  }
  if (run?.holder === undefined) {
    const entries = await store.readJournal(answered.run);
    const entry = entries.find(({ turn, call }) => turn === key.turn && call === key.call);
    const isOpen = entry?.answer === null && entry.openSends > 0;
    if (isOpen && runs.get(answered.run)?.holder === undefined) {
      await store.writeAnswer(key, priced(answered.answer, prices), fence);
      return null;
    }
  }
  log.debug({ worker: from, run: answered.run }, 'an answer came too late');
  return null;
}

function end(run: RemoteRun, { outcome, hashed, slotMs }: Ask<'outcome'>, { measure, release }: ServeParts): null {
  giveUpCalls(run);
  measure(slotMs);
  const ended = toOutcome(outcome);
  // The worker has ended it by itself, because it stops: the row is for another one.
  if (ended.kind === 'fault' && ended.error.code === 'aborted' && !isStopping(run)) {
    release(run);
    return null;
  }
  // Before the row is stored: a fault that every row would have stops all grants.
  if (ended.kind === 'fault') run.model.calls.onFault?.(ended.error);
  const cache = run.model.cacheOf?.(run.task.run);
  for (const { turn, hash } of hashed) cache?.record({ run: run.task.run, turn, hash: Buffer.from(hash, 'base64') });
  run.finish(ended);
  return null;
}

/** Whether the batch or the row is stopped, so that runs end with `aborted` by its wish. */
function isStopping({ signal, model: { calls } }: RemoteRun): boolean {
  return signal.aborted || calls.halt?.aborted === true || calls.drain?.aborted === true;
}

function toOutcome(outcome: Ask<'outcome'>['outcome']): Parameters<RemoteRun['finish']>[0] {
  return outcome.kind === 'output' ? outcome : { ...outcome, error: fromWire(outcome.error) };
}

/** A run that its worker does not name so often is not carried out: the worker may just have begun it. */
const MISSED = 3;

/** Queues runs again that their worker does not know of. */
function compare(named: string[], from: string, { runs, release }: ServeParts): void {
  const known = new Set(named);
  for (const run of runs.heldBy(from)) {
    run.missed = known.has(run.task.run) ? 0 : run.missed + 1;
    if (run.missed >= MISSED) release(run);
  }
}

/** Runs that go on under this lease, with the worker that has begun them. */
async function hold(
  ids: string[],
  from: string,
  { runs, held, store, fence }: ServeParts,
): Promise<{ dropped: string[] }> {
  const rows = ids.map((id) => Number(id.split('/')[1]));
  const found = await store.readRowsOf(fence.batchId, rows);
  const open = new Set(
    found
      .filter(({ status }) => status === 'queued' || status === 'running')
      .map(({ row, attempt }) => `${fence.batchId}/${row}/${attempt}`),
  );
  const dropped: string[] = [];
  for (const id of ids) {
    const run = runs.get(id);
    if (!open.has(id) || (run?.holder !== undefined && run.holder !== from)) dropped.push(id);
    else if (run === undefined) held.hold(id, from);
    else run.holder = from;
  }
  return { dropped };
}
