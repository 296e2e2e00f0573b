import { useQuery } from '@tanstack/react-query';
import { agentQuery } from '../../../data/agents.ts';
import { type AgentTarget, labelOf } from '../draft/draft-request.ts';

/** The agent of the registry that a draft runs; undefined when it runs a question of its own. */
export function useAgent(target: AgentTarget | undefined) {
  return useQuery({ ...agentQuery(target === undefined ? '' : labelOf(target)), enabled: target !== undefined });
}
