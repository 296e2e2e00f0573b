import type { Log } from '../base/log.ts';
import type { ToolSpec } from '../protocol/messages.ts';
import type { OpenedAgent } from '../protocol/run.ts';
import type { AgentDefinition } from './definition.ts';
import { openAgent } from './open-agent.ts';

/**
 * The agent as its rows run it, without opening a tool: its requests can be made, but no tool can be called.
 * @param toolSpecs its tools; null: those whose description is in the definition
 * @throws AppError as {@link openAgent}
 */
export function draftAgent(definition: AgentDefinition, toolSpecs: ToolSpec[] | null, log: Log): OpenedAgent {
  return openAgent({
    definition,
    toolSet: { tools: [], close: async () => undefined },
    toolSpecs: toolSpecs ?? declaredSpecs(definition),
    log,
  });
}

/** The tools that a definition describes; those of servers and modules are known when they are opened. */
function declaredSpecs({ tools }: AgentDefinition): ToolSpec[] {
  return tools.flatMap((tool) => {
    if (!('http' in tool)) return [];
    const { name, description, input: inputSchema } = tool.http;
    return [{ name, description, inputSchema }];
  });
}
