import { AppError } from '../../../base/errors.ts';
import type { CallPermit } from '../../../providers/lanes/call-lane.ts';
import type { JournalKey } from '../../../storage/journal.ts';
import type { RowOutcome } from '../../rows/row-run.ts';
import type { RowTask } from '../../rows/row-task.ts';
import type { RemoteCalls } from '../executor.ts';

/** What all runs of one model of a batch share. */
export interface RemoteModel extends RemoteCalls {
  /** The hash of its snapshot. */
  snapshot: string;
}

/** A call that a worker may send, or has sent. */
export interface GrantedCall {
  key: JournalKey;
  /** In micro-dollars. Null for a tool, which reserves no money. */
  worst: number | null;
  permit: CallPermit | undefined;
}

/**
 * A run that a worker carries out. Contract: it has at most one holder. Only the holder gets calls granted, and only
 * its answers count, or those of an earlier holder while there is none.
 */
export interface RemoteRun {
  task: RowTask;
  model: RemoteModel;
  /** The worker that runs it; undefined while it waits for one. */
  holder: string | undefined;
  /** The chunk that it is in; undefined until it is in one. */
  chunk: string | undefined;
  granted: Map<string, GrantedCall>;
  /** Its calls that wait for an identical one; they end with its holder. */
  waits: Set<AbortController>;
  /** How often in a row its holder did not name it among its runs. */
  missed: number;
  /** Fires when the row is cancelled, or the batch ends or loses its lease. */
  signal: AbortSignal;
  /** Ends the run. Idempotent. */
  finish(outcome: RowOutcome): void;
  isFinished: boolean;
}

/** A call's key as a text. */
export function keyText({ turn, call }: Pick<JournalKey, 'turn' | 'call'>): string {
  return `${turn}/${call}`;
}

/** The calls that a worker had in flight: they may have been sent and charged. */
export function giveUpCalls(run: RemoteRun): boolean {
  let isCharged = false;
  for (const { key, worst, permit } of run.granted.values()) {
    void permit?.end({ kind: 'failed', error: lost() });
    if (worst === null) continue;
    run.model.calls.journal.settle(worst, undefined, key);
    isCharged = true;
  }
  run.granted.clear();
  for (const wait of run.waits) wait.abort();
  return isCharged;
}

/** Ends a run that no worker carries out any more: its row goes back to the queue. */
export function endAborted(run: RemoteRun): void {
  const isCharged = giveUpCalls(run);
  run.finish({ kind: 'fault', input: null, error: lost(), isCharged, processingMs: 0, costMicroUsd: 0 });
}

function lost(): AppError {
  return new AppError('aborted', 'The run on a worker was ended.');
}
