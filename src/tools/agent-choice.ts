import * as z from 'zod';
import { type Target, target } from '../runner/contract/request/request.ts';
import { parseAgentName } from './agent-name.ts';

/** The two ways to say which agent runs; every tool that takes an agent takes both. */
export const agentChoice = {
  target: target.optional(),
  agent_name: z
    .string()
    .min(1, 'must name an agent')
    .optional()
    .describe('The name of an agent of the registry, or name@version: short for target.name. Give this or target.'),
  version: z.string().min(1).optional().describe('The exact version of agent_name; default: the newest.'),
};

interface AgentChoice {
  target?: Target | undefined;
  agent_name?: string | undefined;
  version?: string | undefined;
}

/** Why the choice names no agent, or more than one; undefined when it names one. */
export function choiceFault({ target, agent_name: name, version }: AgentChoice): string | undefined {
  if (target === undefined && name === undefined) {
    return 'names no agent; give agent_name, or target: {"type": "agent", "name": "…"} or {"type": "inline", "prompt": "…", "fields": […]}';
  }
  if (target === undefined) return undefined;
  // The same name twice is no contradiction.
  const isSame = target.type !== 'inline' && (name === undefined || name === target.name);
  if (name !== undefined && !isSame) return 'names two agents; give agent_name or target, not both';
  if (version !== undefined && (!isSame || (target.version ?? version) !== version)) {
    return 'gives version beside target; write it as target.version';
  }
  return undefined;
}

/** The target of a choice without a fault. A version apart wins over the one of `name@version`. */
export function chosenTarget({ target, agent_name: agentName, version: apart }: AgentChoice): Target {
  if (target?.type === 'inline') return target;
  const { name, version } = parseAgentName(target?.name ?? agentName ?? '', target?.version ?? apart);
  return {
    ...{ type: 'agent', name },
    ...(version !== undefined && { version }),
    ...(target?.fields !== undefined && { fields: target.fields }),
  };
}
