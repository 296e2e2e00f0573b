import { resolve } from 'node:path';
import type { AgentDefinition } from '../agent/definition.ts';
import { loadLater } from '../base/process/load-later.ts';

const yaml = loadLater<typeof import('yaml')>('yaml');

/** The YAML of an agent: an agents.yaml that loads again to the same definition. Paths in it are absolute. */
export function agentYaml({ base_dir: folder, tools, description, ...rest }: AgentDefinition): string {
  const located = tools.map((tool) =>
    'module' in tool && folder !== undefined ? { module: resolve(folder, tool.module) } : tool,
  );
  const { name, version, ...others } = rest;
  const agent = {
    ...{ name, version },
    ...(description === '' ? {} : { description }),
    ...others,
    ...(located.length === 0 ? {} : { tools: located }),
  };
  return yaml().stringify({ agents: [agent] }, { lineWidth: 0 });
}
