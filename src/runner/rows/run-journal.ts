import { AppError } from '../../base/errors.ts';
import type { Json, JsonObject, ModelResponse } from '../../protocol/messages.ts';
import type { CallModel, CallTool, RunTime, ToolCall, ToolResult } from '../../protocol/run.ts';
import type { JournalEntry } from '../../storage/journal.ts';
import type { RunCache } from './answer-cache.ts';
import { emitModelCallEnd, emitToolCallEnd } from './call-events.ts';
import { type AnsweredCall, callUntilAnswered, type ModelCall, type ModelCallDeps } from './model-call.ts';

/** The dependencies that all journalled calls of one agent share. */
export interface RunCallsDeps extends ModelCallDeps {
  /** Sends a call that is not answered yet. Default: {@link callUntilAnswered}. */
  send?: (call: ModelCall) => Promise<AnsweredCall>;
  /** Thrown instead of a tool call that is not answered yet. */
  heldTools?: AppError;
  signal: AbortSignal;
  /** Called before a model call that is not replayed is looked up or sent: opens what a replay does not need. */
  beforeSend?: () => Promise<void>;
  /**
   * The run continues with an answer while its commit is running, and waits for the commit before it sends anything
   * more. The caller of the run waits for `committed` before it stores anything that depends on the last answer.
   */
  goesAhead?: boolean;
}

/** The journalled calls of one run. */
interface RunCalls {
  callModel: CallModel;
  callTool: CallTool;
  /** The cost of its answered calls with a known price, including replayed ones. */
  spentMicroUsd: () => number;
  /** Whether any of its model calls was charged, or may have been. Answers from the cache are free. */
  isCharged: () => boolean;
  /** Waits for the commit of the last answer. Rejects with the fault of that commit. */
  committed: () => Promise<void>;
}

/**
 * The journalled calls of one run. An answered call is replayed. For every other call, the intent is committed before
 * the call is sent, and the answer before anything that depends on it is sent or stored.
 * @param replay whether to read the journal first; false for an attempt that was never claimed before
 */
export function createRunCalls(run: string, replay: boolean, deps: RunCallsDeps): RunCalls {
  const cache = deps.journal.openCache?.(run);
  let spent = 0;
  let charged = false;
  let earlier: Promise<Map<string, JournalEntry>> | undefined;
  let messagesJournalled = 0;
  let underWay: AnsweredCall['committed'] | undefined;
  const committed = async (time?: RunTime) => {
    // A commit may wait for another process.
    const resume = time?.hold();
    const fault = await underWay;
    resume?.();
    if (fault !== undefined) throw fault;
    underWay = undefined;
  };
  const entryOf = async (turn: number, call: number): Promise<JournalEntry | undefined> => {
    if (!replay) return undefined;
    earlier ??= deps.journal.read(run).then((entries) => {
      for (const { answer } of entries) spent += answer?.costMicroUsd ?? 0;
      return new Map(entries.map((entry) => [`${entry.turn}/${entry.call}`, entry]));
    });
    return (await earlier).get(`${turn}/${call}`);
  };

  const callModel: CallModel = async ({ turn, request, onText, signal = deps.signal, time }) => {
    const appended = request.messages.slice(messagesJournalled);
    messagesJournalled = request.messages.length;
    if (underWay !== undefined) await committed(time);
    const entry = await entryOf(turn, 0);
    if (entry?.answer) {
      cache?.replayed({ turn, request }, entry);
      charged ||= entry.cachedFrom === undefined;
      return entry.answer.response as unknown as ModelResponse;
    }
    await deps.beforeSend?.();
    const reuse = cache === undefined ? undefined : reusing(cache, { turn, request, appended, signal }, time);
    const began = deps.clock.monotonic();
    const cached = await reuse?.();
    if (cached !== undefined) {
      emitModelCallEnd({ run, turn, request }, deps, { began, usage: cached.usage, cost: 0, isCached: true });
      deps.onAnswer?.();
      return cached;
    }
    const call = { run, turn, request, appended, onText, signal, time, reuse, wasSent: entry !== undefined };
    const answered = await (deps.send?.(call) ?? callUntilAnswered(call, deps)).catch((thrown: unknown) => {
      charged ||= thrown instanceof AppError && thrown.outcomeUnknown;
      throw thrown;
    });
    spent += answered.cost;
    charged ||= answered.model !== undefined;
    underWay = answered.committed;
    if (answered.model === undefined) deps.onAnswer?.();
    else cache?.answered({ turn, request }, answered.model);
    if (!deps.goesAhead) await committed(time);
    return answered.response;
  };

  const callTool: CallTool = async (call, execute) => {
    if (underWay !== undefined) await committed();
    const entry = await entryOf(call.turn, call.index + 1);
    if (entry?.answer) return entry.answer.response as unknown as ToolResult;
    if (entry !== undefined && !entry.idempotent) {
      throw new AppError(
        'tool_outcome_unknown',
        `The tool "${call.name}" was called and its answer was lost with the process. It is not declared idempotent, so it ` +
          'was not called again. Check in the system behind the tool whether the call took effect, then retry the row.',
      );
    }
    if (deps.heldTools !== undefined) throw deps.heldTools;
    return sendToolCall(run, call, execute, deps);
  };
  return { callModel, callTool, spentMicroUsd: () => spent, isCharged: () => charged, committed };
}

/** Looks a call up in the cache. Waiting for an identical call does not count as the run's time. */
function reusing(cache: RunCache, call: Parameters<RunCache['take']>[0], time: RunTime | undefined) {
  return () => cache.take(call).finally(time?.hold());
}

async function sendToolCall(
  run: string,
  call: ToolCall,
  execute: (idempotencyKey: string) => Promise<ToolResult>,
  deps: RunCallsDeps,
): Promise<ToolResult> {
  const key = { run, turn: call.turn, call: call.index + 1 };
  const intent = {
    kind: 'tool' as const,
    name: call.name,
    request: (call.input ?? null) as Json,
    idempotent: call.idempotent,
  };
  await deps.journal.commitIntent({ ...key, ...intent, worstMicroUsd: 0, at: deps.clock.now() });
  const began = deps.clock.monotonic();
  const result = await execute(`${run}/${call.turn}/${call.index + 1}`);
  const answer = {
    response: result as unknown as JsonObject,
    usage: null,
    costMicroUsd: 0,
    requestId: null,
    at: deps.clock.now(),
  };
  await deps.journal.commitAnswer(key, answer);
  emitToolCallEnd({ ...call, run }, deps, { began, isError: result.isError });
  return result;
}
