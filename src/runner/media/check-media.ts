import { type AgentDefinition, agentLabel } from '../../agent/definition.ts';
import { descriptorOf, PROVIDERS } from '../../providers/catalog.ts';
import type { Problem } from '../contract/problem.ts';
import { mediaFieldsOf } from './media-fields.ts';

/** The media fields of an agent that its provider does not take. */
export function checkMedia(agent: AgentDefinition): Problem[] {
  const { input, model } = agent;
  const taken = descriptorOf(model.provider)?.media?.kinds ?? {};
  return [...mediaFieldsOf(input)].flatMap(([field, kind]): Problem[] => {
    if (taken[kind] !== undefined) return [];
    const takers = PROVIDERS.filter(({ media, standIn }) => media?.kinds[kind] !== undefined && standIn === undefined);
    const fix = `use a model of ${takers.map(({ name }) => name).join(', ')}`;
    const message = `The input field "${field}" of ${agentLabel(agent)} holds ${kind}, which models of ${model.provider} do not take: ${fix}.`;
    return [{ code: 'agent_incompatible', message }];
  });
}
