import { type Clock, systemClock } from '../base/clock.ts';
import { AppError } from '../base/errors.ts';
import { wellFormed } from '../base/json/well-formed.ts';
import type { Log } from '../base/log.ts';
import type { Sampling, ToolSpec } from '../protocol/messages.ts';
import type { OpenedAgent } from '../protocol/run.ts';
import { isEmbeddingModel, locateModel, takesFormat } from '../providers/catalog.ts';
import { createStructuredOutput, type StructuredOutput } from './answer/structured-output.ts';
import { type AgentDefinition, agentLabel, otherAgent, STRUCTURED_OUTPUT_TOOL } from './definition.ts';
import { runLoop } from './loop/loop.ts';
import type { LoopContext } from './loop/run-state.ts';
import { type BoundTool, bindTools } from './loop/tool-calls.ts';
import type { Tool, ToolSet } from './tool.ts';

/** The arguments of {@link openAgent}. */
export interface OpenAgentOptions {
  definition: AgentDefinition;
  /** The live tools. Closed with the agent. */
  toolSet: ToolSet;
  /** The tool list that a batch started with: the model gets this list, even if the live tools have changed. */
  toolSpecs?: ToolSpec[];
  log: Log;
  clock?: Clock;
}

/**
 * Makes an agent ready for any number of concurrent runs; schemas are compiled here, once.
 * @throws AppError `agents_invalid` when a schema or the set of tools is wrong
 */
export function openAgent(options: OpenAgentOptions): OpenedAgent {
  const { definition, toolSet, toolSpecs, log } = options;
  const tools = bindTools(toolSet.tools, log);
  if (tools.has(STRUCTURED_OUTPUT_TOOL)) {
    const fix = `Rename the tool "${STRUCTURED_OUTPUT_TOOL}" of agent ${agentLabel(definition)}: the name is taken.`;
    throw new AppError('agents_invalid', fix);
  }
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= toolSet.close();
    return closing;
  };
  const given = toolSpecs ?? liveSpecs(tools);
  const other = otherAgent(definition);
  // Whether the answer is one of the tools depends on the model.
  const own = given.filter(({ name }) => name !== STRUCTURED_OUTPUT_TOOL);
  return {
    ...openModel(contextOf(definition, { ...options, tools, given }), close),
    ...(other === undefined ? {} : { other: openModel(contextOf(other, { ...options, tools, given: own }), close) }),
  };
}

interface ModelParts extends Pick<OpenAgentOptions, 'log' | 'clock'> {
  tools: ReadonlyMap<string, BoundTool>;
  given: ToolSpec[];
}

function contextOf(definition: AgentDefinition, { tools, given, log, clock = systemClock }: ModelParts): LoopContext {
  // A draft of the agent has its definition alone: its declared tools count before they are open.
  const hasTools = definition.tools.length > 0 || given.some(({ name }) => name !== STRUCTURED_OUTPUT_TOOL);
  const structured = createStructuredOutput(definition, { isNative: isNative(definition, hasTools) });
  // An embedding model writes no text, and a second turn would give the same vector: one turn, no output tokens.
  const writes = !isEmbeddingModel(definition.model);
  const specs = wellFormed(specsFor(given, structured));
  const model = locateModel(definition.model, definition.base_dir);
  const { dimensions } = definition.model;
  const sampling = samplingOf(definition);
  return {
    label: agentLabel(definition),
    model,
    request: {
      model,
      system: wellFormed(systemOf(definition, structured)),
      tools: specs,
      ...(sampling && { sampling }),
      ...(dimensions !== undefined && { dimensions }),
      ...(structured?.form && { answer: structured.form }),
    },
    maxTokens: writes ? definition.model.max_tokens : 0,
    maxTurns: writes ? definition.limits.max_turns : 1,
    timeoutMs: definition.limits.timeout_s * 1000,
    // An agent with tools may start its answer with a tool call, so it gets no prefill.
    prefill: specs.length === 0 ? structured?.prefill : undefined,
    answer: structured?.form,
    toolSpecs: specs,
    tools,
    structured,
    log,
    clock,
  };
}

function openModel(context: LoopContext, close: OpenedAgent['close']): OpenedAgent {
  return {
    toolSpecs: context.toolSpecs,
    ...(context.prefill === undefined ? {} : { prefill: context.prefill }),
    ...(context.answer === undefined ? {} : { answer: context.answer }),
    run: (messages, hooks) => runLoop(context, messages, hooks),
    close,
  };
}

/**
 * Whether an agent answers in its provider's own structured form.
 * @throws AppError `agents_invalid` when it has to, and its provider has none for its model and schema
 */
function isNative(definition: AgentDefinition, hasTools: boolean): boolean {
  const { mode, enabled, schema = {} } = definition.structured_output;
  if (!enabled || (mode !== 'native' && mode !== 'auto') || (mode === 'auto' && hasTools)) return false;
  if (takesFormat(definition.model, schema)) return true;
  if (mode === 'auto') return false;
  const why = `${definition.model.provider} has no structured output of its own for its model and schema`;
  const text = `structured_output.mode of agent ${agentLabel(definition)} is native, but ${why}; write mode: auto.`;
  throw new AppError('agents_invalid', text);
}

function samplingOf({ model: { temperature, top_p: topP } }: AgentDefinition): Sampling | undefined {
  if (temperature === undefined && topP === undefined) return undefined;
  return { ...(temperature === undefined ? {} : { temperature }), ...(topP === undefined ? {} : { topP }) };
}

function systemOf({ instructions }: AgentDefinition, structured: StructuredOutput | undefined): string {
  if (structured === undefined) return instructions;
  return structured.instruction === '' ? instructions : `${instructions.trimEnd()}\n\n${structured.instruction}`;
}

function liveSpecs(tools: ReadonlyMap<string, BoundTool>): ToolSpec[] {
  return [...tools.values()].map(({ tool }) => specOf(tool));
}

function specOf({ name, description, inputSchema }: Tool): ToolSpec {
  return { name, description, inputSchema };
}

function specsFor(specs: ToolSpec[], structured: StructuredOutput | undefined): ToolSpec[] {
  if (structured?.spec === undefined || specs.some((spec) => spec.name === STRUCTURED_OUTPUT_TOOL)) return specs;
  return [...specs, structured.spec];
}
