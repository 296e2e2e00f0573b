import { type AgentDefinition, agentDefinition } from '../../src/agent/definition.ts';
import { openAgent } from '../../src/agent/open-agent.ts';
import type { Tool } from '../../src/agent/tool.ts';
import type { Clock } from '../../src/base/clock.ts';
import { createSilentLog } from '../../src/base/log.ts';
import type {
  AssistantBlock,
  Message,
  ModelRequest,
  ModelResponse,
  StopReason,
  ToolSpec,
} from '../../src/protocol/messages.ts';
import type { RunEvent, RunHooks, RunOutcome, ToolCall } from '../../src/protocol/run.ts';

/** One answer of the model, short: blocks, and the stop reason that fits them unless another is given. */
export interface Said {
  content: AssistantBlock[];
  stopReason?: StopReason;
  stopDetails?: string;
}

/** The model's behaviour in a turn: an answer, or a function of the test. */
export type Turn = Said | ((request: ModelRequest, signal: AbortSignal) => Promise<Said> | Said);

export const text = (words: string): AssistantBlock => ({ type: 'text', text: words });
export const call = (name: string, input: unknown, id = `id_${name}`): AssistantBlock => ({
  type: 'tool_use',
  id,
  name,
  input,
});
export const answer = (fields: object, id?: string): AssistantBlock => call('return_structured_data', fields, id);

/** A definition of a target agent with one string field, `city`; `overrides` as in agents.yaml. */
export function targetAgent(overrides: object = {}): AgentDefinition {
  return agentDefinition.parse({
    name: 'tester',
    model: { provider: 'anthropic', model: 'claude-test', max_tokens: 1000 },
    instructions: 'Find the city.',
    structured_output: {
      enabled: true,
      schema: {
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
        additionalProperties: false,
      },
    },
    ...overrides,
  });
}

export function tool(name: string, overrides: Partial<Tool> = {}): Tool {
  return {
    name,
    description: `The tool ${name}.`,
    inputSchema: { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] },
    idempotent: true,
    execute: async (input) => ({ name, ...input }),
    ...overrides,
  };
}

/** The arguments of {@link runScripted}; the model's turns are played in order. */
export interface ScriptedRun {
  turns: Turn[];
  definition?: AgentDefinition;
  tools?: Tool[];
  toolSpecs?: ToolSpec[];
  input?: Message[];
  hooks?: Partial<RunHooks>;
  clock?: Clock;
}

export interface ScriptedOutcome {
  outcome: RunOutcome;
  requests: ModelRequest[];
  events: RunEvent[];
  /** The tool calls that went through the journal's hook, with their idempotency keys. */
  toolCalls: (ToolCall & { key: string })[];
}

/** Runs an agent on a model whose answers are written down; the hooks act like a journal that stores nothing. */
export async function runScripted(run: ScriptedRun): Promise<ScriptedOutcome> {
  const requests: ModelRequest[] = [];
  const events: RunEvent[] = [];
  const toolCalls: (ToolCall & { key: string })[] = [];
  const agent = openAgent({
    definition: run.definition ?? targetAgent(),
    toolSet: { tools: run.tools ?? [], close: async () => undefined },
    ...(run.toolSpecs === undefined ? {} : { toolSpecs: run.toolSpecs }),
    log: createSilentLog(),
    ...(run.clock === undefined ? {} : { clock: run.clock }),
  });
  const hooks: RunHooks = {
    runId: 'run_test',
    signal: new AbortController().signal,
    emit: (event) => events.push(event),
    callModel: async ({ turn, request, signal }) => {
      requests.push(structuredClone(request));
      const next = run.turns[turn];
      if (next === undefined) throw new Error(`The test has no turn ${turn}.`);
      return respond(typeof next === 'function' ? await next(request, signal ?? hooks.signal) : next);
    },
    callTool: (toolCall, execute) => {
      const key = `run_test/${toolCall.turn}/${toolCall.index}`;
      toolCalls.push({ ...toolCall, key });
      return execute(key);
    },
    ...run.hooks,
  };
  const outcome = await agent.run(run.input ?? [{ role: 'user', content: '{"q":"x"}' }], hooks);
  await agent.close();
  return { outcome, requests, events, toolCalls };
}

function respond({ content, stopReason, stopDetails }: Said): ModelResponse {
  const hasCall = content.some((block) => block.type === 'tool_use');
  return {
    content,
    stopReason: stopReason ?? (hasCall ? 'tool_use' : 'end_turn'),
    ...(stopDetails === undefined ? {} : { stopDetails }),
    usage: { inputTokens: 10, outputTokens: 5, cacheWriteTokens: 0, cacheReadTokens: 0 },
    model: 'claude-test',
  };
}

/** Every fault of a transcript against the rule that each `tool_use` has its one result in the next message. */
export function transcriptFaults(messages: readonly Message[]): string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const [index, message] of messages.entries()) {
    if (message.content.length === 0) faults.push(`message ${index} is empty`);
    if (message.role !== 'assistant') continue;
    const ids = message.content.flatMap((block) => (block.type === 'tool_use' ? [block.id] : []));
    for (const id of ids) {
      if (id === '' || seen.has(id)) faults.push(`message ${index} repeats or lacks the id "${id}"`);
      seen.add(id);
    }
    const next = messages[index + 1];
    const blocks = next?.role === 'user' && typeof next.content !== 'string' ? next.content : [];
    const results = blocks.flatMap((block) => (block.type === 'tool_result' ? [block.tool_use_id] : []));
    if (results.join() !== ids.join())
      faults.push(`message ${index} calls ${ids.join()} and is answered ${results.join()}`);
  }
  return faults;
}
