import type { ClientMessage } from '../../../agent/conversation/client-history.ts';
import type { Histories } from '../../../agent/conversation/histories.ts';
import type { AgentDefinition } from '../../../agent/definition.ts';
import { AppError } from '../../../base/errors.ts';
import type { Json, JsonObject, Usage } from '../../../protocol/messages.ts';
import { type Registry, resolveAgent } from '../../../registry/registry.ts';
import type { Caller } from '../../../runner/contract/caller.ts';
import { isFrontEndTask } from './front-end-task.ts';

/** The agent that has conversations. */
export const ORCHESTRATOR = 'orchestrator';

/** What an agent that runs once is given: a message, or the fields of its input. */
export type AgentInput = { message: string } | { columns: string[]; cells: Json[] };

/** The answer of one run of an agent, outside of batches. */
export interface AgentAnswer {
  /** The structured answer; null where the agent gives text. */
  output: JsonObject | null;
  text: string | null;
  error: { code: string; message: string } | null;
  usage: Usage;
}

/** What models are for others' clients. */
export interface ModelParts {
  histories: Histories;
  registry: Registry;
  /** Runs an agent once. @throws AppError before any call, when the input does not fit */
  runAgent: (
    definition: AgentDefinition,
    input: AgentInput,
    options: { signal: AbortSignal; caller: Caller },
  ) => Promise<AgentAnswer>;
}

/** The events of an answer, in order; the last one is `done` or `error`. */
export type AnswerEvent =
  | { type: 'conversation'; conversation_id: string }
  | { type: 'text-delta'; text: string }
  | { type: 'done'; stop_reason: string; usage: Usage }
  | { type: 'error'; code: string; message: string };

/** A request for an answer. */
export interface Ask {
  /** `orchestrator`, or an agent as `name` or `name@version`. */
  model: string;
  messages: readonly ClientMessage[];
  user: string | undefined;
  speaker: string | undefined;
  caller: Caller;
  signal: AbortSignal;
}

const TASK = 'You do small jobs for a chat program, such as a title for a chat. Answer with exactly what is asked for.';

/**
 * The answer of a model: a conversation with the orchestrator, which runs its tools; a job of the chat program, which has
 * none; or one run of another agent over the last message.
 * @throws AppError `agent_not_found`, `invalid_arguments`, at the first read
 */
export async function* answerOf(parts: ModelParts, ask: Ask): AsyncGenerator<AnswerEvent, void, undefined> {
  const { model, messages } = ask;
  const said = messages.at(-1)?.text ?? '';
  const isOrchestrator = model === ORCHESTRATOR;
  if (isOrchestrator && !isFrontEndTask(messages)) return yield* parts.histories.answer(ask);
  const definition = await resolveAgent(parts.registry, model);
  if (definition.name === ORCHESTRATOR && !isOrchestrator) {
    throw modelFault(`Conversations are with the newest ${ORCHESTRATOR}.`, `Send model: "${ORCHESTRATOR}".`);
  }
  const answer = isFrontEndTask(messages)
    ? await parts.runAgent(forTasks(definition), { message: taskOf(messages) }, ask)
    : await parts.runAgent(definition, inputOf(definition, said), ask);
  const { output, text, error, usage } = answer;
  if (error !== null) return yield { type: 'error', ...error };
  yield { type: 'text-delta', text: output === null ? (text ?? '') : JSON.stringify(output, null, 2) };
  yield { type: 'done', stop_reason: 'end_turn', usage };
}

/** An agent's model, without its instructions, tools and schema. */
function forTasks({ name, version, description, model, limits, base_dir: folder }: AgentDefinition): AgentDefinition {
  return {
    ...{ name, version, description, model, instructions: TASK, tools: [] },
    structured_output: { enabled: false },
    limits: { ...limits, max_turns: 1 },
    ...(folder !== undefined && { base_dir: folder }),
  };
}

function taskOf(messages: readonly ClientMessage[]): string {
  return messages.map(({ text }) => text).join('\n\n');
}

function inputOf(definition: AgentDefinition, said: string): AgentInput {
  const { input, prompt } = definition;
  if (input === undefined && prompt === undefined) return { message: said };
  const properties = input?.['properties'];
  const fields = isObject(properties) ? properties : {};
  if (Object.values(fields).some((field) => isObject(field) && field['media'] !== undefined)) {
    throw modelFault(`${definition.name} takes media.`, 'Run it over a table: POST /v1/batches.');
  }
  const names = prompt?.placeholders ?? Object.keys(fields);
  const given = parse(said);
  if (isObject(given)) return { columns: Object.keys(given), cells: Object.values(given) as Json[] };
  const [only] = names;
  if (only !== undefined && names.length === 1) return { columns: [only], cells: [said] };
  const message = `${definition.name} takes a JSON object as the last message, with ${names.join(', ') || 'its fields'}.`;
  throw new AppError('invalid_arguments', message, { faults: [{ place: 'body.messages', message }] });
}

function modelFault(message: string, fix: string): AppError {
  const faults = [{ place: 'body.model', message, fix }];
  return new AppError('invalid_arguments', `body.model: ${message} ${fix}`, { faults });
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.trim().replace(/^```(?:json)?\s*([\s\S]*?)\s*```$/, '$1'));
  } catch {
    return undefined;
  }
}
