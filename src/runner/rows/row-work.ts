import { type AgentDefinition, callTimeoutMs } from '../../agent/definition.ts';
import { AppError, toAppError } from '../../base/errors.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import type { MemberOptions } from '../../providers/lanes/lane.ts';
import type { RowRecord } from '../../storage/rows.ts';
import type { BatchTuning } from '../contract/options.ts';
import type { RowEnding } from '../execution/batch-watch.ts';
import type { ProcessOptions } from '../execution/executor.ts';
import { planOf } from '../output/results.ts';
import { cacheOf } from './answer-cache.ts';
import { createBudget } from './budget.ts';
import { NO_FLIGHTS } from './flights.ts';
import { inputMessages } from './input-messages.ts';
import { compileMapping } from './mapping.ts';
import type { ModelCall } from './model-call.ts';
import { policyOf } from './retry-policy.ts';
import { createRunCalls, type JournalDeps } from './run-journal.ts';
import { compileOutput } from './transform-output.ts';

/** Why a run stops whose next model call goes into a job. Made once: an error for each of them costs 10 µs. */
const PARKED = new AppError('aborted', 'The call waits for a job.');

interface RowWorkHooks {
  /** Model calls are not sent: each run ends with the first that is not answered yet (`parked`). */
  parks?: boolean;
  /** With `parks`: neither are tool calls made. */
  holdsTools?: boolean;
  /** Nothing more is sent once it fires. */
  halt: AbortSignal;
  /** More than one row may run at once from here on. */
  onFirstAnswer: () => void;
  onFault: (error: AppError) => void;
}

/** What runs single rows. */
interface RowWork {
  /**
   * @param onAnswered the row has its output, and sends nothing more: what is left is to store it. Called at most once,
   *   while the last answer's commit is under way; a row that fails doesn't call it.
   */
  run(row: RowRecord, onAnswered?: () => void): Promise<RowEnding>;
  /** TransformInput alone; null when it fails. */
  inputOf(row: RowRecord): Promise<JsonObject | null>;
  isAnswered(): boolean;
  close(): void;
}

/** Compiles what all rows of a batch have in common. */
export async function createRowWork(
  { batch, fence, agent, deps, tuning, drain, hard }: ProcessOptions,
  { halt, onFirstAnswer, onFault, parks = false, holdsTools = false }: RowWorkHooks,
): Promise<RowWork> {
  const plan = planOf(batch);
  const columns = batch.columns ?? [];
  const transformInput = compileMapping(plan.inputMapping, plan.agent.input, columns);
  const transformOutput = compileOutput(plan.request.output_mapping ?? {}, columns);
  const { costMicroUsd, openWorstMicroUsd } = batch.totals;
  const budget = createBudget(capOf(tuning.now()), costMicroUsd + openWorstMicroUsd);
  const provider = await deps.provider(plan.agent.model.provider, plan.agent.model);
  const lanes = parks ? undefined : deps.lanes;
  const lane = lanes?.join(provider.server ?? provider.name, plan.agent.model.model, {
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
    ...cacheOf(plan, { fence, provider }, parks ? { ...deps, flights: NO_FLIGHTS } : deps),
    signal: hard,
    halt,
    drain,
    callTimeoutMs: callTimeoutMs(plan.agent),
    goesAhead: true,
    onFault,
    onAnswer: () => {
      if (answered) return;
      answered = true;
      onFirstAnswer();
    },
    onRetry: (error, delayMs) =>
      deps.log.debug({ batchId: batch.id, code: error.code, delayMs }, 'model call is repeated'),
  };

  const run: RowWork['run'] = async (row, onAnswered) => {
    const began = deps.clock.monotonic();
    const times = () => ({ processingMs: Math.round(deps.clock.monotonic() - began), endedAt: deps.clock.now() });
    let input: JsonObject | null = null;
    let parked: ModelCall | undefined;
    const send = async (call: ModelCall): Promise<never> => {
      parked = call;
      throw PARKED;
    };
    const own = parks ? { ...journal, send, ...(holdsTools ? { heldTools: PARKED } : {}) } : journal;
    const { spentMicroUsd, committed, cache, ...calls } = createRunCalls(runIdOf(batch.id, row), row.claims > 1, own);
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
      onAnswered?.();
      await committed();
      const hashed = cache?.hashed() ?? [];
      await deps.store.finishRow(fence, row.row, { status: 'succeeded', input, output, hashed, ...ended() });
      cache?.end(true);
      return { kind: 'succeeded' };
    } catch (thrown) {
      if (thrown === PARKED) return { kind: 'parked', row, call: parked };
      // Nothing is said of the row before its last answer is committed; where that fails, it is this fault that counts.
      const error = toAppError(
        await committed().then(
          () => thrown,
          (fault: unknown) => fault,
        ),
      );
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
  const inputOf = (row: RowRecord) => transformInput(row.cells).catch((): null => null);
  const close = () => {
    unlisten();
    lane?.leave();
  };
  return { run, inputOf, isAnswered: () => answered, close };
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
