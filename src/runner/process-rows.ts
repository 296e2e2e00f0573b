import { setMaxListeners } from 'node:events';
import { type AgentDefinition, callTimeoutMs } from '../agent/definition.ts';
import { AppError, type ErrorCode, toAppError } from '../errors.ts';
import type { JsonObject } from '../messages.ts';
import type { MemberOptions } from '../providers/lane.ts';
import type { OpenedAgent } from '../run.ts';
import type { BatchRecord, Fence, RowRecord } from '../storage/store.ts';
import { cacheOf } from './answer-cache.ts';
import { createBudget } from './budget.ts';
import type { RunnerDeps } from './deps.ts';
import { inputMessages } from './input-messages.ts';
import type { LiveTuning } from './live-tuning.ts';
import { compileMapping } from './mapping.ts';
import { planOf } from './results.ts';
import { policyOf } from './retry-policy.ts';
import { createRunCalls, type JournalDeps } from './run-journal.ts';
import type { BatchTuning } from './settings.ts';
import { compileOutput } from './transform-output.ts';
import { DEFAULT_CONCURRENCY } from './validate-input.ts';

/** Why ProcessRows came to its end. `done`: no claimable row is left. `stopped`: it was drained or cancelled. */
export type ProcessEnd =
  | { kind: 'done' }
  | { kind: 'stopped' }
  /** The store can't be written any more. */
  | { kind: 'fault'; error: AppError }
  | { kind: 'tolerance'; error: AppError }
  | { kind: 'pause'; reason: 'fatal' | 'budget'; error: AppError; alike?: ErrorCode };

/** How many first rows that all fail alike pause a batch. */
const ALIKE_ROWS = 20;

export interface ProcessOptions {
  batch: BatchRecord;
  fence: Fence;
  agent: OpenedAgent;
  deps: RunnerDeps;
  /** How many rows at once, and the cap, as they are set now. */
  tuning: LiveTuning;
  /** No new rows from here on; rows at work finish. */
  drain: AbortSignal;
  /** Rows at work are cancelled and go back to the queue. */
  hard: AbortSignal;
}

/** ProcessRows: TransformInput, InvokeAgent and TransformOutput for each row, concurrently, in the order of the source. */
export async function processRows(options: ProcessOptions): Promise<ProcessEnd> {
  const { fence, deps, drain, tuning } = options;
  let wake: (() => void) | undefined;
  const halt = new AbortController();
  setMaxListeners(0, halt.signal);
  const work = await createRowWork(options, {
    halt: halt.signal,
    onFirstAnswer: () => wake?.(),
    // At once, not when its row is back in the queue: until then others would send into the same fault.
    onFault: (error) => {
      if (!['pause', 'stop'].includes(policyOf(error))) return;
      watch.see({ kind: 'returned', error });
      halt.abort();
    },
  });
  const limit = () => tuning.now().concurrency ?? DEFAULT_CONCURRENCY;
  const watch = createWatch(options);
  let running = 0;
  let exhausted = false;
  const onDrain = () => wake?.();
  drain.addEventListener('abort', onDrain);
  const unlisten = tuning.listen(() => wake?.());
  const start = (row: RowRecord) => {
    running += 1;
    work
      .run(row)
      .then((ending) => watch.see(ending))
      .catch((thrown: unknown) => watch.stop({ kind: 'fault', error: toAppError(thrown) }))
      .finally(() => {
        running -= 1;
        wake?.();
      });
  };
  const claim = (free: number): Promise<RowRecord[]> =>
    deps.store.claimRows(fence, free, deps.clock.now()).catch((thrown: unknown) => {
      watch.stop({ kind: 'fault', error: toAppError(thrown) });
      return [];
    });
  const giveBack = (rows: RowRecord[]): Promise<unknown> =>
    Promise.all(rows.map((row) => deps.store.returnRow(fence, row.row))).catch((thrown: unknown) =>
      watch.stop({ kind: 'fault', error: toAppError(thrown) }),
    );
  const isStopping = () => drain.aborted || watch.end() !== undefined;
  try {
    while (true) {
      // Until the first model call is answered one row goes alone: a key that is refused costs one call, not a full lane.
      const free = (work.isAnswered() ? limit() : 1) - running;
      if (!isStopping() && !exhausted && free > 0) {
        const rows = await claim(free);
        if (isStopping()) {
          await giveBack(rows);
          continue;
        }
        exhausted = rows.length < free;
        rows.forEach(start);
        continue;
      }
      if (running === 0) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    drain.removeEventListener('abort', onDrain);
    unlisten();
    work.close();
  }
  return watch.end() ?? (drain.aborted && !exhausted ? { kind: 'stopped' } : { kind: 'done' });
}

/** How one row ended, as far as the batch has to know. */
type RowEnding =
  | { kind: 'succeeded' }
  | { kind: 'failed'; code: ErrorCode; example: string }
  | { kind: 'returned'; error: AppError };

/** Decides when what rows meet ends the batch. */
function createWatch({ batch }: ProcessOptions): {
  see: (ending: RowEnding) => void;
  stop: (end: ProcessEnd) => void;
  end: () => ProcessEnd | undefined;
} {
  const plan = planOf(batch);
  const tolerated = plan.request.options?.tolerated_failure_percent ?? 100;
  const mayFail = Math.floor((batch.totals.rows * tolerated) / 100);
  let failed = batch.totals.failed;
  let first: ErrorCode[] | undefined = batch.totals.succeeded === 0 ? [] : undefined;
  let end: ProcessEnd | undefined;
  const stop = (next: ProcessEnd) => {
    end ??= next;
  };
  const checkTolerance = () => {
    if (failed > mayFail) stop({ kind: 'tolerance', error: notTolerated(failed, tolerated, batch.totals.rows) });
  };
  // Malformed rows have failed already: when they are too many, no money is spent on the others.
  checkTolerance();
  const see = (ending: RowEnding) => {
    if (ending.kind === 'succeeded') first = undefined;
    if (ending.kind === 'returned') {
      const policy = policyOf(ending.error);
      if (policy === 'pause') stop({ kind: 'pause', reason: 'fatal', error: ending.error, ...lostTo(ending.error) });
      if (policy === 'budget') stop({ kind: 'pause', reason: 'budget', error: ending.error });
      if (policy === 'stop') stop({ kind: 'fault', error: ending.error });
      if (policy === 'return') stop({ kind: 'stopped' });
    }
    if (ending.kind !== 'failed') return;
    failed += 1;
    first?.push(ending.code);
    if (first?.length === ALIKE_ROWS) {
      if (new Set(first).size === 1)
        stop({ kind: 'pause', reason: 'fatal', error: allAlike(ending), alike: ending.code });
      first = undefined;
    }
    checkTolerance();
  };
  return { see, stop, end: () => end };
}

/** Rows that failed by what a lane was then given up for are queued again: it was not their fault. */
function lostTo({ code, cause }: AppError): { alike?: ErrorCode } {
  return code === 'model_unavailable' && cause instanceof AppError ? { alike: cause.code } : {};
}

function allAlike({ code, example }: Extract<RowEnding, { kind: 'failed' }>): AppError {
  return new AppError(
    code,
    `The first ${ALIKE_ROWS} rows all failed with ${code}, e.g. ${example.replace(/\.?$/, '.')} The batch is paused so that ` +
      'the rest is not spent on the same fault. If the mapping or the table is wrong, cancel this batch and start a new ' +
      'one; resume only if the cause lay elsewhere.',
  );
}

function notTolerated(failed: number, percent: number, rows: number): AppError {
  return new AppError(
    'failures_not_tolerated',
    `${failed} of ${rows} rows failed, more than the tolerated ${percent} %.`,
  );
}

interface RowWorkHooks {
  /** Nothing more is sent once it fires. */
  halt: AbortSignal;
  /** More than one row may run at once from here on. */
  onFirstAnswer: () => void;
  onFault: (error: AppError) => void;
}

/** What runs single rows. */
async function createRowWork(
  { batch, fence, agent, deps, tuning, drain, hard }: ProcessOptions,
  { halt, onFirstAnswer, onFault }: RowWorkHooks,
): Promise<{
  run: (row: RowRecord) => Promise<RowEnding>;
  isAnswered: () => boolean;
  close: () => void;
}> {
  const plan = planOf(batch);
  const columns = batch.columns ?? [];
  const transformInput = compileMapping(plan.inputMapping, plan.agent.input, columns);
  const transformOutput = compileOutput(plan.request.output_mapping ?? {}, columns);
  const { costMicroUsd, openWorstMicroUsd } = batch.totals;
  const budget = createBudget(capOf(tuning.now()), costMicroUsd + openWorstMicroUsd);
  const provider = await deps.provider(plan.agent.model.provider, plan.agent.model);
  const lane = deps.lanes?.join(provider.server ?? provider.name, plan.agent.model.model, {
    priority: tuning.now().priority,
    caps: capsOf(plan.agent),
  });
  const unlisten = tuning.listen((next) => {
    budget.setCap(capOf(next));
    lane?.setPriority(next.priority);
  });
  let answered = false;
  const journal: JournalDeps = {
    store: deps.store,
    provider,
    ...(lane === undefined ? {} : { lane }),
    prices: deps.prices,
    budget,
    clock: deps.clock,
    random: deps.random,
    fence,
    ...cacheOf(plan, fence, deps),
    signal: hard,
    halt,
    drain,
    callTimeoutMs: callTimeoutMs(plan.agent),
    onFault,
    onAnswer: () => {
      if (answered) return;
      answered = true;
      onFirstAnswer();
    },
    onRetry: (error, delayMs) =>
      deps.log.debug({ batchId: batch.id, code: error.code, delayMs }, 'model call is repeated'),
  };

  const run = async (row: RowRecord): Promise<RowEnding> => {
    const began = deps.clock.monotonic();
    const times = () => ({ processingMs: Math.round(deps.clock.monotonic() - began), endedAt: deps.clock.now() });
    let input: JsonObject | null = null;
    const { spentMicroUsd, cache, ...calls } = createRunCalls(runIdOf(batch.id, row), row.claims > 1, journal);
    const ended = () => ({ ...times(), costMicroUsd: spentMicroUsd() });
    try {
      input = await transformInput(row.cells);
      const outcome = await agent.run(inputMessages(plan.agent, input), {
        runId: runIdOf(batch.id, row),
        ...calls,
        signal: hard,
      });
      if (outcome.status === 'failed') throw outcome.error;
      if (outcome.status === 'ended')
        throw new AppError('output_invalid', 'The agent ended without structured output.');
      const output = await transformOutput(row.cells, outcome.structured);
      const hashed = cache?.hashed() ?? [];
      await deps.store.finishRow(fence, row.row, { status: 'succeeded', input, output, hashed, ...ended() });
      cache?.end(true);
      return { kind: 'succeeded' };
    } catch (thrown) {
      const error = toAppError(thrown);
      const policy = policyOf(error);
      if (policy !== 'fail') {
        if (policy !== 'stop') await deps.store.returnRow(fence, row.row);
        return { kind: 'returned', error };
      }
      const stored = { code: error.code, message: error.message };
      await deps.store.finishRow(fence, row.row, { status: 'failed', input, error: stored, ...ended() });
      return { kind: 'failed', code: error.code, example: `row ${row.row} (line ${row.line}): ${error.message}` };
    } finally {
      cache?.end(false);
    }
  };
  const close = () => {
    unlisten();
    lane?.leave();
  };
  return { run, isAnswered: () => answered, close };
}

function capsOf({ limits }: AgentDefinition): MemberOptions['caps'] {
  return {
    requestsPerMinute: limits.requests_per_minute,
    inputTokensPerMinute: limits.input_tokens_per_minute,
    outputTokensPerMinute: limits.output_tokens_per_minute,
  };
}

/** The cap in micro-dollars. */
function capOf({ max_cost_usd: cap }: BatchTuning): number | undefined {
  return cap === undefined ? undefined : Math.round(cap * 1e6);
}

/** The run of a row's present attempt. */
export function runIdOf(batchId: string, row: { row: number; attempt: number }): string {
  return `${batchId}/${row.row}/${row.attempt}`;
}
