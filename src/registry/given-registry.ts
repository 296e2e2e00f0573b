import type { AgentDefinition } from '../agent/definition.ts';
import { newest, type Registry, sortAgents } from './registry.ts';

/** Agents that the caller provides, such as a command that builds one from its settings. `source` is named when one is missing. */
export function createGivenRegistry(definitions: readonly AgentDefinition[], source: string): Registry {
  const sorted = sortAgents(definitions);
  return {
    sources: [source],
    list: async () => sorted,
    entries: async () => sorted.map((definition) => ({ definition, source })),
    async find(name, version) {
      const named = sorted.filter((definition) => definition.name === name);
      return version === undefined ? newest(named) : named.find((definition) => definition.version === version);
    },
  };
}
