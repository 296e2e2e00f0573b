import type { AppError } from '../base/errors.ts';
import type { JsonObject, Message, ModelRequest, ModelResponse, ToolSpec, Usage } from './messages.ts';

/** A tool call that is about to be executed, numbered from 0 in its turn. */
export interface ToolCall {
  turn: number;
  index: number;
  toolUseId: string;
  name: string;
  input: unknown;
  /** Whether executing it twice does no harm. */
  idempotent: boolean;
}

/** What a tool gave back, as the model sees it, with the structured form for those who can use it. */
export interface ToolResult {
  content: string;
  isError: boolean;
  structured?: JsonObject;
}

/** What happens during a run, in order; names are noun-verb. */
export type RunEvent =
  | { type: 'turn-start'; turn: number }
  | { type: 'text-delta'; turn: number; text: string }
  | { type: 'tool-call-start'; turn: number; toolUseId: string; name: string; input: unknown }
  | { type: 'tool-call-end'; turn: number; toolUseId: string; name: string; result: ToolResult; durationMs: number }
  | { type: 'turn-end'; turn: number; stopReason: string; usage: Usage };

/** The time that a run has. */
export interface RunTime {
  /** What passes until the returned function is called does not count: waiting for a lane is not the run's own time. */
  hold(): () => void;
  /** So many milliseconds that have passed do not count: they went into a call that the provider failed. */
  giveBack(ms: number): void;
}

/** The model call of one turn of a run. */
export interface ModelTurn {
  turn: number;
  request: ModelRequest;
  /** Receives the answer's text while it is streamed. Without it nothing is streamed. */
  onText?: ((text: string) => void) | undefined;
  /** Fires when the run is over its deadline or is ended from outside. */
  signal?: AbortSignal | undefined;
  /** The run's time: waiting, and sends that the provider fails, don't count. */
  time?: RunTime | undefined;
}

/**
 * Sends one model call, or replays it from the journal. Retries are its business.
 * Contract: rejects with an AppError only; the same turn of the same run always gives the same answer.
 */
export type CallModel = (call: ModelTurn) => Promise<ModelResponse>;

/**
 * Executes one tool call through the journal, or replays its result. `execute` receives a stable idempotency key.
 * Contract: rejects only for what ends the run (lease lost, aborted, `tool_outcome_unknown`); a tool's own failure is a result.
 * `execute` rejects only with `aborted`, when the run was ended under it: pass that on, and journal no answer.
 */
export type CallTool = (
  call: ToolCall,
  execute: (idempotencyKey: string) => Promise<ToolResult>,
) => Promise<ToolResult>;

/** What one run needs from whoever drives it. */
export interface RunHooks {
  runId: string;
  callModel: CallModel;
  callTool: CallTool;
  signal: AbortSignal;
  emit?: (event: RunEvent) => void;
  /** Ask the model for streamed text (chat). */
  stream?: boolean;
}

/**
 * How a run ended. `messages` holds only what the run appended to its input.
 * `succeeded`: structured output was given and is valid. `ended`: a conversation's turn is over. `failed`: see `error`.
 */
export type RunOutcome =
  | { status: 'succeeded'; messages: Message[]; structured: JsonObject; turns: number; usage: Usage }
  | { status: 'ended'; messages: Message[]; stopReason: string; turns: number; usage: Usage }
  | { status: 'failed'; messages: Message[]; error: AppError; turns: number; usage: Usage };

/** An agent with its tools open, ready for any number of concurrent runs. */
export interface OpenedAgent {
  /** The resolved tools that the model is told of, `return_structured_data` included. A batch keeps this list. */
  toolSpecs: ToolSpec[];
  /** What its answers are begun with, where the model takes that. */
  prefill?: string;
  /** Contract: never rejects; every fault is a `failed` outcome. */
  run(messages: Message[], hooks: RunHooks): Promise<RunOutcome>;
  /** Ends tool servers. Idempotent. */
  close(): Promise<void>;
}
