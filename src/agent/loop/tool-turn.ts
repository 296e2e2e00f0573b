import type { ToolUseBlock, UserBlock } from '../../protocol/messages.ts';
import type { ToolResult } from '../../protocol/run.ts';
import { STRUCTURED_OUTPUT_TOOL } from '../definition.ts';
import type { Run, ToolTurn } from './run-state.ts';
import { executeTool, prepareCall } from './tool-calls.ts';
import { errorResult } from './tool-result.ts';

/**
 * Runs the calls of one answer concurrently and appends the answer and one result for each call, in the order of the
 * calls. If a call ends the run, unfinished calls get a result that says so, which keeps the transcript valid, and the
 * fault is thrown.
 */
export async function runToolTurn(run: Run, answer: ToolTurn): Promise<void> {
  let fault: { thrown: unknown } | undefined;
  const results = await Promise.all(
    answer.calls.map((call, index) =>
      answerCall(run, answer, { call, index }).catch((thrown: unknown) => {
        fault ??= { thrown };
        run.deadline.abort(thrown);
        return errorResult('This call was not finished: the run was ended.');
      }),
    ),
  );
  appendTurn(run, answer, results);
  if (fault !== undefined) throw fault.thrown;
}

/** Appends the answer that ends the run: its structured call is accepted, its sibling calls are marked as not run. */
export function appendAccepted(run: Run, answer: ToolTurn, accepted: ToolUseBlock): void {
  const results = answer.calls.map((call, index) => {
    const result: ToolResult =
      call === accepted
        ? { content: 'Accepted.', isError: false }
        : errorResult(`Not run: ${STRUCTURED_OUTPUT_TOOL} ended the work.`);
    emitStart(run, answer.turn, call);
    emitEnd(run, answer.turn, { call, index, result, startedAt: run.context.clock.monotonic() });
    return result;
  });
  appendTurn(run, answer, results);
}

function appendTurn({ state }: Run, answer: ToolTurn, results: readonly ToolResult[]): void {
  const blocks = answer.calls.map((call, index): UserBlock => {
    const result = results[index] ?? errorResult('This call was not run.');
    const block: UserBlock = { type: 'tool_result', tool_use_id: call.id, content: result.content };
    return result.isError ? { ...block, is_error: true } : block;
  });
  state.appended.push({ role: 'assistant', content: answer.content }, { role: 'user', content: blocks });
}

interface NumberedCall {
  call: ToolUseBlock;
  index: number;
}

async function answerCall(run: Run, answer: ToolTurn, numbered: NumberedCall): Promise<ToolResult> {
  const { call } = numbered;
  const startedAt = run.context.clock.monotonic();
  emitStart(run, answer.turn, call);
  const result = await resultOf(run, answer, numbered);
  emitEnd(run, answer.turn, { ...numbered, result, startedAt });
  return result;
}

async function resultOf(run: Run, answer: ToolTurn, { call, index }: NumberedCall): Promise<ToolResult> {
  const { context, hooks, state, deadline } = run;
  if (call === answer.cutCall) return errorResult(cutMessage(call.name, state.maxTokens));
  if (context.structured !== undefined && call.name === STRUCTURED_OUTPUT_TOOL) {
    const checked = context.structured.check(call.input);
    return errorResult(context.structured.invalid(checked.valid ? [] : checked.errors));
  }
  const offered = context.toolSpecs.map((spec) => spec.name);
  const prepared = prepareCall(call, context.tools, offered);
  if (prepared.kind === 'immediate') return prepared.result;
  const { tool, input } = prepared;
  deadline.signal.throwIfAborted();
  const toolCall = {
    turn: answer.turn,
    index,
    toolUseId: call.id,
    name: call.name,
    input,
    idempotent: tool.idempotent,
  };
  // Only the tool's own time counts: the journal's commits may wait for another process.
  let resume = deadline.hold();
  try {
    return await hooks.callTool(toolCall, async (idempotencyKey) => {
      resume();
      const { log, clock } = context;
      const { said, params } = hooks;
      const options = { signal: deadline.signal, idempotencyKey, said, params, log, clock };
      return await executeTool(tool, input, options).finally(() => {
        resume = deadline.hold();
      });
    });
  } finally {
    resume();
  }
}

function cutMessage(name: string, maxTokens: number): string {
  return `This call was cut off and not run. You have ${maxTokens} tokens now: call ${name} again, in full.`;
}

function emitStart({ hooks }: Run, turn: number, call: ToolUseBlock): void {
  hooks.emit?.({ type: 'tool-call-start', turn, toolUseId: call.id, name: call.name, input: call.input });
}

function emitEnd(run: Run, turn: number, end: NumberedCall & { result: ToolResult; startedAt: number }): void {
  const { call, result, startedAt } = end;
  const durationMs = run.context.clock.monotonic() - startedAt;
  run.hooks.emit?.({ type: 'tool-call-end', turn, toolUseId: call.id, name: call.name, result, durationMs });
}
