import { type AgentDefinition, callTimeoutMs } from '../../agent/definition.ts';
import type { AppError } from '../../base/errors.ts';
import type { OpenedAgent } from '../../protocol/run.ts';
import type { MemberOptions } from '../../providers/lanes/lane.ts';
import type { BatchTuning } from '../contract/request/options.ts';
import type { LiveTuning } from '../lifecycle/live-tuning.ts';
import { planOf } from '../output/results.ts';
import type { Budget } from '../rows/budget.ts';
import { NO_FLIGHTS } from '../rows/flights.ts';
import { cacheOf } from '../rows/hashed-cache.ts';
import type { CallLimits } from '../rows/model-call.ts';
import { createRowRuns, type RowRuns } from '../rows/row-run.ts';
import { createRowSettlement, type RowSettlement } from '../rows/row-settlement.ts';
import type { BatchSnapshot } from '../rows/row-task.ts';
import type { RunCallsDeps } from '../rows/run-journal.ts';
import type { ProcessOptions } from './executor.ts';

/** What the runs of one model need, besides the options of the batch. */
export interface ModelRunsParts {
  snapshot: BatchSnapshot;
  agent: OpenedAgent;
  budget: Budget;
  /** See {@link createRowRuns}. */
  parks?: { holdsTools: boolean };
  /** Once it fires, nothing more is sent. */
  halt: AbortSignal;
  onAnswer: () => void;
  onFault: (error: AppError) => void;
}

/** Runs and settles attempts at rows of one batch with one model: its provider, lane, cache and journal. */
export interface ModelRuns {
  runs: RowRuns;
  settlement: RowSettlement;
  close(): void;
}

/** Opens the parts that the runs of one model need. */
export async function openModelRuns(options: ProcessOptions, parts: ModelRunsParts): Promise<ModelRuns> {
  const { batch, fence, deps, tuning } = options;
  const { snapshot, agent, budget, parks } = parts;
  const { model } = snapshot.agent;
  const provider = await deps.provider(model.provider, model);
  const lanes = parks === undefined ? deps.lanes : undefined;
  const lane = lanes?.join(provider.server ?? provider.name, model.model, {
    priority: tuning.now().priority,
    caps: capsOf(snapshot.agent),
  });
  const unlisten = tuning.listen((next) => lane?.setPriority(next.priority));
  // Rows whose calls wait for a provider job must not wait for each other.
  const cache = cacheOf(
    planOf(batch),
    { fence, provider },
    parks === undefined ? deps : { ...deps, flights: NO_FLIGHTS },
  );
  const { store, clock, events } = deps;
  const dayGate = deps.dayGate ?? (batch.budgetKey === null ? undefined : deps.keyGates?.(batch.budgetKey));
  const settlement = createRowSettlement({ store, clock, events, budget, fence, dayGate }, cache);
  const { journal } = settlement;
  const calls = callsOf(options, parts, { journal, provider, ...(lane === undefined ? {} : { lane }) });
  const timeoutMs = () => timeoutOf(tuning.now());
  const here = createRowRuns(snapshot, { agent, tables: deps.tables, calls, ...(parks && { parks }), timeoutMs });
  const elsewhere = await options.remote?.open(snapshot, { calls, timeoutMs, cacheOf: settlement.cacheOf });
  return {
    runs: { ...here, ...elsewhere },
    settlement,
    close() {
      unlisten();
      lane?.leave();
    },
  };
}

function callsOf(
  { batch, deps, drain, hard, tuning }: ProcessOptions,
  { snapshot: { agent }, halt, onAnswer, onFault }: ModelRunsParts,
  parts: Pick<RunCallsDeps, 'journal' | 'provider' | 'lane'>,
): RunCallsDeps {
  const model = `${agent.model.provider} ${agent.model.model}`;
  return {
    ...parts,
    onAnswer,
    prices: deps.prices,
    events: deps.events,
    clock: deps.clock,
    random: deps.random,
    signal: hard,
    halt,
    drain,
    callLimits: callLimitsOf(agent, tuning),
    goesAhead: true,
    onFault,
    onRetry: (error, delayMs) =>
      deps.log.debug({ batchId: batch.id, model, code: error.code, delayMs }, 'model call is repeated'),
  };
}

/** The limits of calls under the tuning, computed once for each change of it. */
function callLimitsOf({ limits }: AgentDefinition, tuning: LiveTuning): () => CallLimits {
  let known: { tuning: BatchTuning; limits: CallLimits } | undefined;
  return () => {
    const now = tuning.now();
    if (known?.tuning === now) return known.limits;
    const { timeout_s = limits.timeout_s, call_timeout_s = limits.call_timeout_s, max_sends } = now;
    const given = { ...limits, timeout_s, ...(call_timeout_s !== undefined && { call_timeout_s }) };
    known = { tuning: now, limits: { timeoutMs: callTimeoutMs({ limits: given }), maxSends: max_sends } };
    return known.limits;
  };
}

function capsOf({ limits }: AgentDefinition): MemberOptions['caps'] {
  return {
    requestsPerMinute: lowest(
      limits.requests_per_minute,
      limits.requests_per_second === undefined ? undefined : limits.requests_per_second * 60,
    ),
    inputTokensPerMinute: limits.input_tokens_per_minute,
    outputTokensPerMinute: limits.output_tokens_per_minute,
  };
}

function lowest(...limits: (number | undefined)[]): number | undefined {
  const given = limits.filter((limit) => limit !== undefined);
  return given.length === 0 ? undefined : Math.min(...given);
}

function timeoutOf({ timeout_s: seconds }: BatchTuning): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
