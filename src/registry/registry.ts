import { type AgentDefinition, agentLabel } from '../agent/definition.ts';
import { AppError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { compareVersions } from './version-order.ts';

/** A definition and its place, which is one of the registry's sources. */
export interface RegistryEntry {
  definition: AgentDefinition;
  source: string;
}

/** Where agent definitions come from. */
export interface Registry {
  /** The places of the definitions, topmost first, as a person writes them: a path, `dynamodb://TABLE`. */
  readonly sources: readonly string[];
  /**
   * Every version of every agent, by name, the newest version first.
   * @throws AppError `agents_invalid`, `registry_unavailable`
   */
  list(): Promise<AgentDefinition[]>;
  /** The agents of {@link list} with their places. @throws AppError as {@link list} */
  entries(): Promise<RegistryEntry[]>;
  /**
   * One agent: the requested version, otherwise the newest.
   * @throws AppError `agents_invalid`, `registry_unavailable`
   */
  find(name: string, version?: string): Promise<AgentDefinition | undefined>;
}

/** Registries on top of each other: the same name and version in an upper one (first in the list) wins. */
export function layerRegistries(layers: readonly Registry[]): Registry {
  const entries: Registry['entries'] = async () => {
    const byLabel = new Map<string, RegistryEntry>();
    for (const entry of (await Promise.all(layers.map((layer) => layer.entries()))).flat()) {
      const label = agentLabel(entry.definition);
      if (!byLabel.has(label)) byLabel.set(label, entry);
    }
    return [...byLabel.values()];
  };
  return {
    sources: layers.flatMap((layer) => layer.sources),
    entries,
    list: async () => sortAgents((await entries()).map(({ definition }) => definition)),
    async find(name, version) {
      const found = await Promise.all(layers.map((layer) => layer.find(name, version)));
      return newest(found.flatMap((definition) => (definition === undefined ? [] : [definition])));
    },
  };
}

/**
 * The agent that a person or a model names, as `name` (its newest version), `name@version`, or both apart.
 * @throws AppError `agent_not_found` with the nearest name or the existing versions
 */
export async function resolveAgent(
  registry: Registry,
  reference: string,
  versionApart?: string,
): Promise<AgentDefinition> {
  const at = reference.indexOf('@');
  const name = (at === -1 ? reference : reference.slice(0, at)).trim();
  const version = versionApart ?? (at === -1 ? undefined : reference.slice(at + 1).trim());
  const found = await registry.find(name, version);
  if (found !== undefined) return found;
  const all = await registry.list();
  const versions = all.filter((definition) => definition.name === name).map((definition) => definition.version);
  if (versions.length > 0) {
    const there = `It has ${versions.slice(0, 10).join(', ')}`;
    throw new AppError('agent_not_found', `The agent "${name}" has no version "${version}". ${there}.`);
  }
  const names = [...new Set(all.map((definition) => definition.name))];
  const near = nearest(name, names) ?? names.find((candidate) => name !== '' && candidate.includes(name));
  const hint =
    near === undefined ? `The agents are: ${names.slice(0, 20).join(', ') || 'none'}.` : `Did you mean "${near}"?`;
  throw new AppError('agent_not_found', `There is no agent "${name}" in ${registry.sources.join(' or ')}. ${hint}`);
}

/** By name; the newest version first. */
export function sortAgents(definitions: readonly AgentDefinition[]): AgentDefinition[] {
  return definitions.toSorted((a, b) =>
    a.name === b.name ? compareVersions(b.version, a.version) : a.name < b.name ? -1 : 1,
  );
}

/** The first of the newest version. */
export function newest(definitions: readonly AgentDefinition[]): AgentDefinition | undefined {
  return definitions.reduce<AgentDefinition | undefined>(
    (best, one) => (best === undefined || compareVersions(one.version, best.version) > 0 ? one : best),
    undefined,
  );
}
