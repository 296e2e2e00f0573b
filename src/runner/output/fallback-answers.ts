import { type AgentDefinition, answeringModels } from '../../agent/definition.ts';
import { count } from '../../base/figures.ts';
import type { BatchDetails } from '../../storage/batches.ts';

/** The answers of an agent's fallback model, and the model that it stood in for; null when there are none. */
export interface FallbackAnswers {
  /** As `provider/model`. */
  model: string;
  calls: number;
}

/**
 * Whether a model, as journal and bill name it (`provider/model`), is the agent's fallback. A provider may call it by a
 * longer name, such as the inference profile `eu.` before its id.
 */
export function isFallback(name: string, { model }: Pick<AgentDefinition, 'model'>): boolean {
  const [own, other] = answeringModels(model);
  if (other === undefined || (other.provider === own?.provider && other.model === own.model)) return false;
  if (!name.startsWith(`${other.provider}/`)) return false;
  const called = name.slice(other.provider.length + 1);
  return called === other.model || called.endsWith(`.${other.model}`);
}

/** The calls that the agent's fallback model has answered. */
export function fallbackAnswers(
  agent: Pick<AgentDefinition, 'model'>,
  { models }: BatchDetails['bill'],
): FallbackAnswers | null {
  const found = models.filter(({ model, calls }) => calls > 0 && isFallback(model, agent));
  const [first] = found;
  return first === undefined ? null : { model: first.model, calls: found.reduce((sum, { calls }) => sum + calls, 0) };
}

/** The warning of a report about such answers. */
export function fallbackWarning(agent: Pick<AgentDefinition, 'model'>, { model, calls }: FallbackAnswers): string {
  const { provider, model: asked } = agent.model;
  const answers = calls === 1 ? '1 call was answered' : `${count(calls)} calls were answered`;
  return `${answers} by the fallback model ${model}, because ${provider}/${asked} was not served or refused the request.`;
}
