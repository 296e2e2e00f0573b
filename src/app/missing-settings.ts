import { type AgentDefinition, agentLabel, otherAgent } from '../agent/definition.ts';
import { toAppError } from '../base/errors.ts';
import type { MissingSettings } from '../cli/app.ts';
import type { Providers } from '../providers/open-providers.ts';
import type { Registry } from '../registry/registry.ts';

/** Looks at the newest version of each agent; calls no model. */
export async function findMissingSettings(registry: Registry, providers: Providers): Promise<MissingSettings> {
  const missing = new Map<string, string[]>();
  const callable: string[] = [];
  const seen = new Set<string>();
  for (const agent of await registry.list()) {
    if (seen.has(agent.name)) continue;
    seen.add(agent.name);
    const lackOf = ({ model }: Pick<AgentDefinition, 'model'>) =>
      providers.get(model.provider, model).then(
        (provider) => provider.lacks?.(),
        (thrown: unknown) => toAppError(thrown).message,
      );
    const other = otherAgent(agent);
    const what = (await lackOf(agent)) ?? (other === undefined ? undefined : await lackOf(other));
    if (what === undefined) callable.push(agentLabel(agent));
    else missing.set(what, [...(missing.get(what) ?? []), agentLabel(agent)]);
  }
  return { missing: [...missing].map(([what, agents]) => ({ what, agents })), callable };
}
