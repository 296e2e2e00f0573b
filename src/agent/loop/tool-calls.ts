import type { Clock } from '../../base/clock.ts';
import { AppError, toAppError } from '../../base/errors.ts';
import { duration } from '../../base/figures.ts';
import { ExactNumber } from '../../base/json/exact-number.ts';
import { wellFormed } from '../../base/json/well-formed.ts';
import type { Log } from '../../base/log.ts';
import { nearest } from '../../base/nearest.ts';
import { announceActivity } from '../../base/process/activity.ts';
import { compileSchema, type Validator } from '../../base/schema/schema.ts';
import type { JsonObject } from '../../protocol/messages.ts';
import type { PersonMessage, ToolResult } from '../../protocol/run.ts';
import { parseExactJson } from '../answer/exact-json.ts';
import { fitSchema } from '../answer/fit-schema.ts';
import { withoutDialect } from '../answer/structured-output.ts';
import type { Tool } from '../tool.ts';
import { startDeadline, untilAborted } from './deadline.ts';
import { errorResult, toToolResult } from './tool-result.ts';

/** Deadline of a tool call, in milliseconds, if its tool names none. */
const DEFAULT_TIMEOUT_MS = 60_000;

/** A tool and the check of its input. */
export interface BoundTool {
  tool: Tool;
  /** Absent if the tool's own schema can't be compiled: then only its server checks. */
  validate: Validator | undefined;
}

/**
 * The live tools by name, each schema compiled once.
 * @throws AppError `agents_invalid` when two tools share a name
 */
export function bindTools(tools: readonly Tool[], log: Log): Map<string, BoundTool> {
  const bound = new Map<string, BoundTool>();
  for (const tool of tools) {
    if (bound.has(tool.name)) {
      throw new AppError(
        'agents_invalid',
        `Two tools are named "${tool.name}". Rename one, or offer only one of them.`,
      );
    }
    bound.set(tool.name, { tool, validate: compileInput(tool, log) });
  }
  return bound;
}

function compileInput(tool: Tool, log: Log): Validator | undefined {
  if (tool.checksInput) return undefined;
  try {
    return compileSchema(withoutDialect(tool.inputSchema), `The input schema of tool ${tool.name}`);
  } catch (thrown) {
    log.warn({ tool: tool.name, reason: toAppError(thrown).message }, 'tool input is not checked before the call');
    return undefined;
  }
}

/** A checked tool call of the model: ready to be executed, or answered without execution. Never a throw. */
export type PreparedCall =
  | { kind: 'prepared'; tool: Tool; input: JsonObject }
  | { kind: 'immediate'; result: ToolResult };

/** Finds the tool and checks the input. `offered` are the names that were described to the model. */
export function prepareCall(
  call: { name: string; input: unknown },
  tools: ReadonlyMap<string, BoundTool>,
  offered: readonly string[],
): PreparedCall {
  const bound = tools.get(call.name);
  if (bound === undefined) return { kind: 'immediate', result: errorResult(missingTool(call.name, tools, offered)) };
  const input = decoded(call.input ?? {});
  if (typeof input !== 'object' || input === null || Array.isArray(input) || input instanceof ExactNumber) {
    return { kind: 'immediate', result: errorResult(`The input of ${call.name} must be an object. Call it again.`) };
  }
  const checked = bound.validate === undefined ? undefined : fitSchema(input, bound.validate);
  if (checked === undefined) return { kind: 'prepared', tool: bound.tool, input: input as JsonObject };
  if (checked.valid) return { kind: 'prepared', tool: bound.tool, input: checked.value as JsonObject };
  const faults = checked.errors.map((error) => `- ${error}`).join('\n');
  const text = `The input does not fit the schema of ${call.name}:\n${faults}\nCorrect it and call the tool again.`;
  return { kind: 'immediate', result: errorResult(text) };
}

/** An input that was encoded twice: a JSON object in a text. */
function decoded(input: unknown): unknown {
  const read = typeof input === 'string' ? parseExactJson(input) : undefined;
  return read?.ok === true ? read.value : input;
}

function missingTool(name: string, tools: ReadonlyMap<string, BoundTool>, offered: readonly string[]): string {
  if (offered.includes(name)) return `The tool "${name}" is not available any more. Go on without it.`;
  const near = nearest(name, tools.keys());
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  return `There is no tool "${name}".${hint} The tools are: ${offered.join(', ')}.`;
}

/** What {@link executeTool} needs in addition to the call. */
export interface ExecuteOptions {
  /** The run's signal. */
  signal: AbortSignal;
  idempotencyKey: string;
  said?: PersonMessage | undefined;
  params?: JsonObject | undefined;
  log: Log;
  clock: Clock;
}

/**
 * Executes a tool within its deadline. A throw or a missed deadline becomes an `is_error` result.
 * @throws AppError `aborted` only if the run itself was ended: then there is no result to journal
 */
export async function executeTool(tool: Tool, input: JsonObject, options: ExecuteOptions): Promise<ToolResult> {
  const timeoutMs = tool.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const deadline = startDeadline(options.signal, timeoutMs, options.clock);
  const { log, idempotencyKey, said, params } = options;
  const context = {
    ...{ signal: deadline.signal, log, idempotencyKey },
    ...(said !== undefined && { said }),
    ...(params !== undefined && { params }),
  };
  announceActivity(() => `the tool ${tool.name}`);
  try {
    const work = (async () => tool.execute(input, context))();
    const value = await untilAborted(work, deadline.signal, { clock: options.clock });
    const whole = wellFormed(value);
    if (whole !== value) log.warn({ tool: tool.name }, 'a tool result held half a character, replaced by U+FFFD');
    return whole === value ? toToolResult(whole) : { ...toToolResult(whole), isRepaired: true };
  } catch (thrown) {
    if (options.signal.aborted) throw new AppError('aborted', 'The tool call was cancelled.', { cause: thrown });
    if (deadline.expired()) return errorResult(timeoutMessage(tool, timeoutMs));
    log.debug({ tool: tool.name, err: thrown }, 'tool failed');
    return errorResult(failureMessage(tool, toAppError(thrown).message));
  } finally {
    deadline.end();
  }
}

function timeoutMessage(tool: Tool, timeoutMs: number): string {
  const next = tool.idempotent
    ? 'Try it once more, or go on without it.'
    : 'It is not known whether it took effect: do not simply repeat it.';
  return `The tool ${tool.name} did not answer within ${duration(timeoutMs / 1000)}. ${next}`;
}

function failureMessage(tool: Tool, reason: string): string {
  return `The tool ${tool.name} failed: ${reason}\nCorrect the input if that was the cause, or go on without it.`;
}
