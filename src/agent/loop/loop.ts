import { wellFormed } from '../../base/json/well-formed.ts';
import {
  type AssistantBlock,
  addUsage,
  type JsonObject,
  type Message,
  type ModelRequest,
  type ModelResponse,
  NO_USAGE,
  type StopReason,
  type ToolUseBlock,
  textOf,
} from '../../protocol/messages.ts';
import type { RunHooks, RunOutcome } from '../../protocol/run.ts';
import { parseAnswer } from '../answer/answer-text.ts';
import { STRUCTURED_OUTPUT_TOOL } from '../definition.ts';
import { startDeadline, untilAborted } from './deadline.ts';
import { contextTooLong, ended, endingError, failed, refused, saidAgain, truncated, turnsExceeded } from './endings.ts';
import type { LoopContext, Run, RunState, ToolTurn } from './run-state.ts';
import { appendAccepted, runToolTurn } from './tool-turn.ts';
import { toolUseIds, withUniqueIds } from './tool-use-ids.ts';

/** How long a cancelled model call may take to settle before the run continues without it. */
const CANCEL_GRACE_MS = 1000;
/** As many equal texts in a row end a run. Two may be chance, and another call costs less than a row that fails. */
const SAME_TEXTS = 3;

/**
 * Runs an agent over a transcript until it has its answer, ends, or fails.
 * Contract: never rejects; every fault is a `failed` outcome.
 */
export async function runLoop(context: LoopContext, input: readonly Message[], hooks: RunHooks): Promise<RunOutcome> {
  const run: Run = {
    context,
    hooks,
    state: startState(context, input),
    deadline: startDeadline(hooks.signal, hooks.timeoutMs ?? context.timeoutMs, context.clock),
  };
  try {
    while (run.state.turns < context.maxTurns) {
      const outcome = await takeTurn(run);
      if (outcome !== undefined) return outcome;
    }
    return failed(run, turnsExceeded(run));
  } catch (thrown) {
    return failed(run, endingError(run, thrown));
  } finally {
    run.deadline.end();
  }
}

function startState(context: LoopContext, input: readonly Message[]): RunState {
  return {
    input: [...input],
    appended: [],
    ids: toolUseIds(input),
    usage: NO_USAGE,
    turns: 0,
    maxTokens: context.maxTokens,
    hasBeenCut: false,
    invalidOutput: undefined,
    hasAnsweredInText: false,
    lastText: { text: '', times: 0 },
  };
}

/** One model call and its consequences; an outcome if the run ends with it. */
async function takeTurn(run: Run): Promise<RunOutcome | undefined> {
  const { hooks, state, deadline } = run;
  deadline.signal.throwIfAborted();
  const turn = state.turns;
  hooks.emit?.({ type: 'turn-start', turn });
  const response = await callModel(run, turn);
  state.turns += 1;
  state.usage = addUsage(state.usage, response.usage);
  const outcome = await followUp(run, turn, response);
  hooks.emit?.({ type: 'turn-end', turn, stopReason: response.stopReason, usage: response.usage });
  return outcome;
}

function callModel({ context, hooks, state, deadline }: Run, turn: number): Promise<ModelResponse> {
  const messages = [...state.input, ...state.appended];
  // No prefill where text is streamed, which would lack its start, nor where the model continues an answer of its own.
  const isBegun = !hooks.stream && messages.at(-1)?.role === 'user';
  const { prefill } = context;
  const request: ModelRequest = { ...context.request, messages, maxTokens: state.maxTokens };
  if (prefill !== undefined && isBegun) request.prefill = prefill;
  const onText = hooks.stream ? (text: string) => hooks.emit?.({ type: 'text-delta', turn, text }) : undefined;
  const call = { turn, request, onText, signal: deadline.signal, time: deadline };
  const answer = (async () => hooks.callModel(call))();
  return untilAborted(answer, deadline.signal, { graceMs: CANCEL_GRACE_MS, clock: context.clock });
}

async function followUp(run: Run, turn: number, response: ModelResponse): Promise<RunOutcome | undefined> {
  const { context, state } = run;
  if (response.stopReason === 'refusal') return failed(run, refused(response));
  if (response.stopReason === 'model_context_window_exceeded') return failed(run, contextTooLong(run));

  // Blocks that only the provider understands go back unchanged.
  const content = withUniqueIds(response.content, turn, state.ids).map((block) =>
    block.type === 'opaque' ? block : wellFormed(block),
  );
  const calls = content.filter((block) => block.type === 'tool_use');
  const isCut = response.stopReason === 'max_tokens';
  const answer: ToolTurn = { turn, content, calls, cutCall: isCut ? lastCall(content) : undefined };

  const accepted = acceptStructured(run, answer) ?? acceptText(run, answer, response.stopReason);
  if (accepted !== undefined) return accepted;
  if (isCut && (context.structured !== undefined || answer.cutCall !== undefined || !hasWords(content))) {
    if (state.hasBeenCut) return failed(run, truncated(run));
    state.hasBeenCut = true;
    state.maxTokens *= 2;
  }
  if (calls.length === 0) return followText(run, answer, response);
  await runToolTurn(run, answer);
  return undefined;
}

/** Handles an answer without tool calls. */
function followText(run: Run, { content }: ToolTurn, { stopReason }: ModelResponse): RunOutcome | undefined {
  const { context, state } = run;
  if (stopReason === 'pause_turn') {
    // The provider continues where it stopped when it gets its own text back unchanged.
    if (content.length > 0) state.appended.push({ role: 'assistant', content });
    return undefined;
  }
  const isCut = stopReason === 'max_tokens';
  // The API does not accept an answer without text; an answer that was cut off before its first word is requested again.
  if (hasWords(content)) state.appended.push({ role: 'assistant', content });
  else if (isCut) return undefined;
  if (context.structured === undefined) return ended(run, stopReason);
  const text = isCut ? '' : textOf(content).trim();
  state.lastText = { text, times: text === state.lastText.text ? state.lastText.times + 1 : 1 };
  if (text !== '' && state.lastText.times >= SAME_TEXTS) return failed(run, saidAgain(run, SAME_TEXTS));
  const { reminder, cutReminder, correction } = context.structured;
  const message = state.invalidOutput === undefined ? reminder : correction(state.invalidOutput.errors);
  state.appended.push({ role: 'user', content: isCut ? cutReminder(state.maxTokens) : message });
  return undefined;
}

/** The end of the run, if a call of this answer gives valid data. */
function acceptStructured(run: Run, answer: ToolTurn): RunOutcome | undefined {
  const { context, state } = run;
  state.invalidOutput = undefined;
  if (context.structured?.spec === undefined) return undefined;
  for (const call of answer.calls) {
    if (call.name !== STRUCTURED_OUTPUT_TOOL || call === answer.cutCall) continue;
    const checked = context.structured.check(call.input);
    if (checked.valid) {
      appendAccepted(run, answer, call);
      return succeeded(run, checked.value, checked.readings);
    }
    state.invalidOutput = { code: 'output_invalid', errors: checked.errors };
  }
  return undefined;
}

/**
 * The end of the run, if the text holds valid data. An agent that answers by its tool may also do it in text: servers
 * without a parser for tool calls, and small models, write what they should call. Text beside tool calls is not an answer.
 */
function acceptText(run: Run, { content, calls }: ToolTurn, stopReason: StopReason): RunOutcome | undefined {
  const { context, state } = run;
  const { structured } = context;
  const isAnswer = calls.length === 0 && stopReason !== 'pause_turn' && hasWords(content);
  if (structured === undefined || !isAnswer) return undefined;
  const isByTool = structured.spec !== undefined;
  const tools = isByTool ? context.toolSpecs.map(({ name }) => name) : [];
  const parsed = parseAnswer(textOf(content), {
    validate: structured.validate,
    stopReason,
    tools,
    takesFirst: structured.takesFirst,
  });
  if (parsed.parse_status === 'success') {
    state.appended.push({ role: 'assistant', content });
    const isExpected = !isByTool || context.answer !== undefined;
    const readings = !isExpected ? ['the answer was text, not a tool call', ...parsed.readings] : parsed.readings;
    return succeeded(run, parsed.value, readings);
  }
  const isRead = parsed.parse_status === 'validation_failed';
  const errors = 'errors' in parsed ? parsed.errors : [];
  if (isByTool) {
    state.hasAnsweredInText = true;
    // Words without any JSON are no attempt at an answer: the reminder says what is missing.
    if (!isRead && !/[[{]/.test(textOf(content))) return undefined;
  }
  state.invalidOutput = { code: isRead ? 'output_invalid' : 'output_unreadable', errors };
  return undefined;
}

function succeeded({ state }: Run, structured: JsonObject, readings: readonly string[]): RunOutcome {
  const { appended: messages, turns, usage } = state;
  const readAs = readings.length === 0 ? {} : { readAs: readings.join('; ') };
  return { status: 'succeeded', messages, structured, turns, usage, ...readAs };
}

/** The last block, if it is a tool call: `max_tokens` cuts there, and an input that is cut off must not be used. */
function lastCall(content: readonly AssistantBlock[]): ToolUseBlock | undefined {
  const last = content.at(-1);
  return last?.type === 'tool_use' ? last : undefined;
}

function hasWords(content: readonly AssistantBlock[]): boolean {
  return content.some((block) => block.type === 'tool_use' || (block.type === 'text' && block.text.trim() !== ''));
}
