import { setMaxListeners } from 'node:events';
import { AppError, toAppError, unreachable } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { RunnerDeps } from '../deps.ts';
import { batchNotFound } from '../output/results.ts';
import { ENDED, nextBatchStatus } from './batch.ts';
import { emitLease } from './batch-events.ts';
import { carryOutUnowned } from './control.ts';
import { change, type Drive, pause, settle, stored } from './drive-context.ts';
import { runRows } from './drive-rows.ts';
import { STEPS, stepFailed } from './drive-steps.ts';
import { keepLease } from './lease-keeper.ts';
import { carryOutUnownedRows } from './row-requests.ts';

/** How long running rows may take to finish once a batch drains, in milliseconds. */
const GRACE_MS = 30_000;
/** The same once a batch is cancelled: then their calls are aborted, which the bill shows as open. */
const CANCEL_GRACE_MS = 500;
/** So many deaths in a row are no accident. */
const MAX_DEATHS = 2;

export interface DriveOptions {
  /** Drains: no new rows start, running rows finish within the grace time. */
  signal?: AbortSignal;
  /** Stops immediately; running rows go back to the queue. */
  hardSignal?: AbortSignal;
  /** The state after a drain: a paused batch, or a running one that another process may take over. Default `pause`. */
  onDrain?: 'pause' | 'release';
}

/**
 * Takes a batch's lease and drives the batch from state to state until it ends, pauses or is drained.
 * @throws AppError `batch_owned_elsewhere`, `lease_lost`, `store_unavailable`
 */
export async function driveBatch(batchId: string, options: DriveOptions, deps: RunnerDeps): Promise<BatchRecord> {
  const batch = await driveOnce(batchId, options, deps);
  // A request that came after the last heartbeat: its sender found the lease taken, so it is carried out here.
  const done = await carryOutUnowned(batchId, deps);
  if (done === undefined && batch.status === 'paused') await carryOutUnownedRows(batchId, deps);
  return done === undefined ? batch : driveOnce(batchId, options, deps);
}

async function driveOnce(batchId: string, options: DriveOptions, deps: RunnerDeps): Promise<BatchRecord> {
  // A process that was stopped in a transaction blocks all others until it goes on or is killed.
  const endWait = deps.store.waitLonger();
  try {
    return await driveUnderLease(batchId, options, deps);
  } finally {
    endWait();
  }
}

async function driveUnderLease(batchId: string, options: DriveOptions, deps: RunnerDeps): Promise<BatchRecord> {
  const lease = await deps.store.acquireLease(batchId, deps.owner);
  if (!lease.acquired) {
    const { pid, host } = lease.owner;
    throw new AppError('batch_owned_elsewhere', `The batch ${batchId} is being run by process ${pid} on ${host}.`);
  }
  emitLease('lease-start', lease.fence, deps);
  const drive: Drive = {
    deps,
    fence: lease.fence,
    drain: new AbortController(),
    hard: new AbortController(),
    cut: new AbortController(),
    wanted: undefined,
    onDrain: options.onDrain ?? 'pause',
    isAtRows: false,
    agent: undefined,
    tune: undefined,
  };
  setMaxListeners(0, drive.drain.signal, drive.hard.signal, drive.cut.signal);
  const timers: NodeJS.Timeout[] = [];
  const stop = (reason: NonNullable<Drive['wanted']>['reason']) => {
    if (drive.wanted !== undefined) return;
    drive.wanted = { reason };
    drive.drain.abort();
    const cutOff = () => {
      if (drive.isAtRows) drive.hard.abort();
    };
    timers.push(setTimeout(cutOff, GRACE_MS));
    if (reason === 'cancel') timers.push(setTimeout(() => drive.cut.abort(), CANCEL_GRACE_MS));
  };
  const halt = () => {
    stop('interrupted');
    drive.hard.abort();
  };
  const unlisten = [listen(options.signal, () => stop('interrupted')), listen(options.hardSignal, halt)];
  const keeper = keepLease(lease.fence, deps, {
    control: (control) => stop(control === 'cancel' ? 'cancel' : 'user'),
    settings: (settings) => drive.tune?.(settings),
    lost: halt,
  });
  try {
    if (lease.deaths > 0) await answerDeaths(lease.deaths, drive);
    return await advanceToRest(drive);
  } catch (error) {
    throw keeper.lost() ?? error;
  } finally {
    for (const timer of timers) clearTimeout(timer);
    for (const end of unlisten) end();
    await keeper.stop();
    await leave(drive, keeper.lost() === undefined);
    emitLease('lease-end', lease.fence, deps);
  }
}

/**
 * A batch under which two processes in a row died without progress would end the next one, too: it is paused and waits
 * for a person. A person's own `run` or `resume` tries again, from the start of the count.
 */
async function answerDeaths(deaths: number, drive: Drive): Promise<void> {
  const { deps, fence, onDrain } = drive;
  const isUnattended = onDrain === 'release';
  if (isUnattended && deaths < MAX_DEATHS) return;
  const batch = await deps.store.readBatch(fence.batchId);
  if (isUnattended && batch !== undefined && batch.status !== 'paused' && !ENDED.includes(batch.status)) {
    const text =
      `${deaths} processes in a row died while they ran this batch, before a row ended or a call was answered. ` +
      'Check the log of the process, the memory of the machine, and the rows and tools that ran; then resume.';
    await pause(batch, drive, { reason: 'fatal', error: stored(new AppError('process_died', text)) });
  }
  await deps.store.forgetDeaths(fence);
}

/** Closes the tools and releases the lease. A failure here is only logged: it can't change the result of the drive. */
async function leave({ agent, deps, fence }: Drive, isOwner: boolean): Promise<void> {
  const warn = (step: string) => (thrown: unknown) =>
    deps.log.warn(
      { batchId: fence.batchId, step, code: toAppError(thrown).code },
      'cleanup after driving a batch failed',
    );
  await agent?.close().catch(warn('close tools'));
  if (isOwner) await deps.store.releaseLease(fence).catch(warn('release lease'));
}

function listen(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal?.aborted) act();
  else signal?.addEventListener('abort', act, { once: true });
  return () => signal?.removeEventListener('abort', act);
}

async function advanceToRest(drive: Drive): Promise<BatchRecord> {
  const { deps, fence } = drive;
  while (true) {
    const batch = await deps.store.readBatch(fence.batchId);
    if (batch === undefined) throw batchNotFound(fence.batchId);
    if (batch.status === 'collecting') throw stillCollects(batch);
    if (batch.status === 'paused' || ENDED.includes(batch.status)) return batch;
    const next = await advance(batch, drive);
    if (next === 'rest') return (await deps.store.readBatch(batch.id)) ?? batch;
  }
}

function stillCollects({ id }: BatchRecord): AppError {
  return new AppError('batch_state_invalid', `The batch ${id} still collects rows; run it first.`);
}

/** Takes a batch one state further; `rest` leaves it unchanged for another process. */
async function advance(batch: BatchRecord, drive: Drive): Promise<'on' | 'rest'> {
  switch (batch.status) {
    case 'created':
      return change(batch, drive, {
        status: nextBatchStatus('created', { type: 'begin' }),
        startedAt: drive.deps.clock.now(),
      });
    case 'validating':
    case 'loading':
    case 'aggregating': {
      if (drive.wanted !== undefined && batch.status !== 'aggregating') return settle(batch, drive);
      try {
        return await STEPS[batch.status](batch, drive);
      } catch (thrown) {
        return stepFailed(batch, drive, toAppError(thrown));
      }
    }
    case 'running':
      return runRows(batch, drive);
    case 'collecting':
    case 'paused':
    case 'completed':
    case 'failed':
    case 'cancelled':
      return 'rest';
    default:
      return unreachable(batch.status);
  }
}
