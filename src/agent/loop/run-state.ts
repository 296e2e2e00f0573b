import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type {
  AnswerForm,
  AssistantBlock,
  Message,
  ModelRequest,
  ToolSpec,
  ToolUseBlock,
  Usage,
} from '../../protocol/messages.ts';
import type { RunHooks } from '../../protocol/run.ts';
import type { StructuredOutput } from '../answer/structured-output.ts';
import type { Deadline } from './deadline.ts';
import type { BoundTool } from './tool-calls.ts';

/** The part that is the same for all runs of an opened agent. */
export interface LoopContext {
  /** `name@version`, for messages. */
  label: string;
  model: string;
  maxTokens: number;
  /** The part of a request that is the same in all calls; its tools are {@link toolSpecs}. */
  request: Pick<ModelRequest, 'model' | 'system' | 'tools' | 'sampling' | 'dimensions' | 'answer'>;
  /** The start that is prefilled for every answer. */
  prefill: string | undefined;
  /** Set when it may answer in the provider's own structured form. */
  answer: AnswerForm | undefined;
  maxTurns: number;
  /** Deadline of the whole run, in milliseconds. */
  timeoutMs: number;
  /** The tools that are described to the model, in order. */
  toolSpecs: ToolSpec[];
  /** The tools that can be executed, by name. */
  tools: ReadonlyMap<string, BoundTool>;
  structured: StructuredOutput | undefined;
  log: Log;
  clock: Clock;
}

/** The state of one run. Invariant: `appended` is a valid continuation of `input` after every turn. */
export interface RunState {
  readonly input: readonly Message[];
  readonly appended: Message[];
  /** Every `tool_use` id so far. */
  readonly ids: Set<string>;
  usage: Usage;
  turns: number;
  maxTokens: number;
  /** Set when an answer was cut off and requested again. */
  hasBeenCut: boolean;
  /** Set when an agent that answers by its tool or in native form has ended a turn in other text. */
  hasAnsweredInText: boolean;
  /** The text of the last answer without tool calls, and how many such answers in a row had it. */
  lastText: { text: string; times: number };
  /** The faults of the last turn's answer, if it had one: of its data, or of its text. */
  invalidOutput: { code: 'output_invalid' | 'output_unreadable'; errors: string[] } | undefined;
}

/** One run, as its parts see it. */
export interface Run {
  context: LoopContext;
  hooks: RunHooks;
  state: RunState;
  deadline: Deadline;
}

/** One answer of the model, with its tool calls. */
export interface ToolTurn {
  turn: number;
  content: AssistantBlock[];
  calls: ToolUseBlock[];
  /** The call that `max_tokens` cut off, if any: its input is never used. */
  cutCall: ToolUseBlock | undefined;
}
