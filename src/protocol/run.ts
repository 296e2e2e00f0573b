import type { AppError } from '../base/errors.ts';
import type { AnswerForm, JsonObject, Message, ModelRequest, ModelResponse, ToolSpec, Usage } from './messages.ts';

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

/** A tool's result as the model sees it, with the structured form for callers that can use it. */
export interface ToolResult {
  content: string;
  isError: boolean;
  structured?: JsonObject;
  /** Half a character in it was replaced by U+FFFD. */
  isRepaired?: true;
}

/** The events of a run, in order; names are noun-verb. */
export type RunEvent =
  | { type: 'turn-start'; turn: number }
  | { type: 'text-delta'; turn: number; text: string }
  | { type: 'tool-call-start'; turn: number; toolUseId: string; name: string; input: unknown }
  | { type: 'tool-call-end'; turn: number; toolUseId: string; name: string; result: ToolResult; durationMs: number }
  | { type: 'turn-end'; turn: number; stopReason: string; usage: Usage };

/** The time that counts against a run's deadline. */
export interface RunTime {
  /** Time until the returned function is called does not count: waiting for a lane is not the run's own time. */
  hold(): () => void;
  /** These past milliseconds do not count: they were spent on a call that the provider failed. */
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
 * Sends one model call, or replays it from the journal. It owns the retries.
 * Contract: rejects with an AppError only; the same turn of the same run always gives the same answer.
 */
export type CallModel = (call: ModelTurn) => Promise<ModelResponse>;

/**
 * Executes one tool call through the journal, or replays its result. `execute` receives a stable idempotency key.
 * Contract: rejects only with an error that ends the run (lease lost, aborted, `tool_outcome_unknown`); a tool's own
 * failure is a result. `execute` rejects only with `aborted`, when the run ended during the call: pass it on, and
 * journal no answer.
 */
export type CallTool = (
  call: ToolCall,
  execute: (idempotencyKey: string) => Promise<ToolResult>,
) => Promise<ToolResult>;

/** A message of a person in a conversation; later messages have higher numbers. */
export interface PersonMessage {
  conversation: string;
  number: number;
}

/** What one run needs from its driver. */
export interface RunHooks {
  runId: string;
  callModel: CallModel;
  callTool: CallTool;
  signal: AbortSignal;
  /** The deadline of the run in milliseconds, where it is not the agent's own. */
  timeoutMs?: number;
  emit?: (event: RunEvent) => void;
  /** Ask the model for streamed text (chat). */
  stream?: boolean;
  /** The message that the run answers, in a conversation. */
  said?: PersonMessage;
  /** The system params of the row, for tools that name them. */
  params?: JsonObject;
}

/**
 * How a run ended. `messages` holds only what the run appended to its input.
 * `succeeded`: the structured output is valid. `ended`: a conversation's turn is over. `failed`: see `error`.
 */
export type RunOutcome =
  | {
      status: 'succeeded';
      messages: Message[];
      structured: JsonObject;
      /** How the answer was read, where it was not given as the agent's mode asks: for the trace. */
      readAs?: string;
      turns: number;
      usage: Usage;
    }
  | { status: 'ended'; messages: Message[]; stopReason: string; turns: number; usage: Usage }
  | { status: 'failed'; messages: Message[]; error: AppError; turns: number; usage: Usage };

/** An agent with its tools open, ready for any number of concurrent runs. */
export interface OpenedAgent {
  /** The resolved tools that are sent to the model, `return_structured_data` included. A batch keeps this list. */
  toolSpecs: ToolSpec[];
  /** The start of its answers, sent to models that accept a prefill. */
  prefill?: string;
  /** Set when its answers may be given in the provider's own structured form. */
  answer?: AnswerForm;
  /** The same agent with the same tools and the model of another provider, where it names one as its fallback. */
  other?: OpenedAgent;
  /** Contract: never rejects; every fault is a `failed` outcome. */
  run(messages: Message[], hooks: RunHooks): Promise<RunOutcome>;
  /** Stops the tool servers. Idempotent. */
  close(): Promise<void>;
}
