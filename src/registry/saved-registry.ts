import { type AgentDefinition, agentDefinition, agentLabel } from '../agent/definition.ts';
import { AppError } from '../base/errors.ts';
import type { JsonObject } from '../protocol/messages.ts';
import { formatPath } from './agent-faults.ts';
import { parseAgent } from './parse-agent.ts';
import { newest, type Registry, sortAgents } from './registry.ts';

/** One version of a saved agent, as it is stored. */
export interface SavedDefinition {
  name: string;
  /** From 1. */
  version: number;
  /** The definition without its name and version. */
  definition: JsonObject;
}

/** Where saved agents are kept. */
export interface SavedAgents {
  saveAgent(agent: { name: string; definition: JsonObject; at: number }): Promise<SavedDefinition>;
  removeAgent(name: string, version?: number): Promise<number>;
  listSavedAgents(): Promise<SavedDefinition[]>;
}

/** The registry, with the agents that people saved. A name of the registry always means the registry's agent. */
export function withSavedAgents(registry: Registry, saved: SavedAgents, source: string): Registry {
  const savedAgents = async (): Promise<AgentDefinition[]> => {
    const records = await saved.listSavedAgents();
    return records.length === 0 ? [] : records.map((record) => toDefinition(record, source));
  };
  const entries: Registry['entries'] = async () => {
    const own = await registry.entries();
    const taken = new Set(own.map(({ definition }) => definition.name));
    const others = (await savedAgents()).filter(({ name }) => !taken.has(name));
    return [...own, ...others.map((definition) => ({ definition, source }))];
  };
  return {
    sources: [...registry.sources, source],
    entries,
    list: async () => sortAgents((await entries()).map(({ definition }) => definition)),
    async find(name, version) {
      const found = await registry.find(name, version);
      if (found !== undefined || (await registry.find(name)) !== undefined) return found;
      const named = (await savedAgents()).filter((definition) => definition.name === name);
      return version === undefined ? newest(named) : named.find((definition) => definition.version === version);
    },
  };
}

/**
 * Saves an agent under a name, as its next version.
 * @throws AppError `invalid_arguments` when the name can't be used, or belongs to the registry
 */
export async function saveAgent(
  { name, definition, at }: { name: string; definition: AgentDefinition; at: number },
  { registry, saved }: { registry: Registry; saved: SavedAgents },
): Promise<AgentDefinition> {
  const checked = agentDefinition.shape.name.safeParse(name);
  if (!checked.success) {
    throw new AppError('invalid_arguments', `"${name}" can't be saved: ${checked.error.issues[0]?.message}.`);
  }
  if ((await registry.find(name)) !== undefined) {
    const message = `"${name}" is an agent of ${registry.sources.join(', ')} already. Save it under another name.`;
    throw new AppError('invalid_arguments', message);
  }
  if (definition.tools.length > 0) throw new AppError('invalid_arguments', 'An agent with tools can not be saved.');
  const { name: _, version: __, ...rest } = definition;
  const record = await saved.saveAgent({ name, definition: JSON.parse(JSON.stringify(rest)) as JsonObject, at });
  return toDefinition(record, 'this save');
}

/**
 * Deletes a saved agent, or one version of it. Batches keep the definition that they ran with.
 * @throws AppError `agent_not_found`; `invalid_arguments` for an agent of the registry
 */
export async function removeAgent(
  { name, version }: { name: string; version?: string | undefined },
  { registry, saved }: { registry: Registry; saved: SavedAgents },
): Promise<void> {
  if ((await registry.find(name)) !== undefined) {
    const place = registry.sources.join(', ');
    throw new AppError('invalid_arguments', `"${name}" is an agent of ${place}. Remove it there.`);
  }
  const number = version === undefined ? undefined : Number(/^v(\d+)$/.exec(version)?.[1] ?? Number.NaN);
  if (Number.isNaN(number) || (await saved.removeAgent(name, number)) === 0) {
    const label = version === undefined ? name : `${name}@${version}`;
    throw new AppError('agent_not_found', `No agent "${label}" was saved.`);
  }
}

function toDefinition({ name, version, definition }: SavedDefinition, source: string): AgentDefinition {
  const parsed = parseAgent({ name, version: `v${version}`, ...definition }, undefined);
  const label = agentLabel({ name, version: `v${version}` });
  if ('faults' in parsed) {
    const faults = parsed.faults.map(({ path, message }) => `${formatPath(path)} ${message}`).join('; ');
    throw new AppError('agents_invalid', `The agent ${label} of ${source} is not an agent: ${faults}.`);
  }
  // Only a question is ever saved; anything more was written by something else.
  if (parsed.definition.tools.length > 0) throw new AppError('agents_invalid', `The saved agent ${label} has tools.`);
  return parsed.definition;
}
