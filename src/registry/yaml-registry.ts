import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type AgentDefinition, agentLabel } from '../agent/definition.ts';
import { AppError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { readRegularFile } from '../base/process/read-regular-file.ts';
import { formatPath } from './agent-faults.ts';
import { parseAgent } from './parse-agent.ts';
import { newest, type Registry, sortAgents } from './registry.ts';
import { openYaml, type YamlSource } from './yaml-source.ts';

const MAX_SHOWN_FAULTS = 20;

/**
 * Agents of one agents.yaml. The file is read on demand, and again after a change: a new agent needs no restart.
 * @param isProven the file has no faults: it is parsed only for an agent that it names. A run of another agent then needs
 *   neither the parser of its expressions nor the time.
 */
export function createYamlRegistry(path: string, { isProven = false } = {}): Registry {
  const file = resolve(path);
  let loaded: { stamp: string; definitions: Promise<AgentDefinition[]> } | undefined;
  const load = async (): Promise<AgentDefinition[]> => {
    const unreadable = (cause: Error): never => {
      throw new AppError('agents_invalid', `${path} can't be read: ${cause.message}.`, { cause });
    };
    const { mtimeMs, size } = await stat(file).catch(unreadable);
    const stamp = `${mtimeMs} ${size}`;
    if (loaded?.stamp !== stamp) {
      const text = (async () => readRegularFile(file))().catch(unreadable);
      loaded = { stamp, definitions: text.then((yaml) => sortAgents(parseAgentsYaml(yaml, file))) };
    }
    return loaded.definitions;
  };
  return {
    sources: [file],
    list: load,
    entries: async () => (await load()).map((definition) => ({ definition, source: file })),
    async find(name, version) {
      // A file that can't be read is reported by `load`.
      const names = async () => (await readFile(file, 'utf8').catch(() => name)).includes(name);
      if (isProven && loaded === undefined && !(await names())) return undefined;
      const named = (await load()).filter((definition) => definition.name === name);
      return version === undefined ? newest(named) : named.find((definition) => definition.version === version);
    },
  };
}

/**
 * Parses the text of an agents.yaml.
 * @param file its absolute path: relative paths inside start from its folder, and faults name it
 * @throws AppError `agents_invalid` with every fault: file, line, path inside and fix
 */
export function parseAgentsYaml(text: string, file: string): AgentDefinition[] {
  const source = openYaml(text);
  const faults = source.faults.map(({ line, message }) => `${file}:${line}: ${message}`);
  const definitions = faults.length > 0 ? [] : parseAgents(source, file, faults);
  if (faults.length === 0) return definitions;
  const hidden = faults.length - MAX_SHOWN_FAULTS;
  const shown = [...faults.slice(0, MAX_SHOWN_FAULTS), ...(hidden > 0 ? [`… and ${hidden} more`] : [])];
  throw new AppError('agents_invalid', shown.join('\n'));
}

function parseAgents(source: YamlSource, file: string, faults: string[]): AgentDefinition[] {
  const tell = (path: (string | number)[], message: string) => {
    faults.push(`${file}:${source.lineOf(path)}: ${`${formatPath(path)} ${message}`.trim()}`);
  };
  const agents = agentsOf(source.value, tell);
  const lines = new Map<string, number>();
  return agents.flatMap((raw, index) => {
    const parsed = parseAgent(raw, dirname(file));
    if ('faults' in parsed) {
      for (const fault of parsed.faults) tell(['agents', index, ...fault.path], fault.message);
      return [];
    }
    const label = agentLabel(parsed.definition);
    const line = source.lineOf(['agents', index]);
    const first = lines.get(label);
    if (first !== undefined) {
      tell(['agents', index], `is ${label}, which line ${first} has defined already; give it another name or version`);
      return [];
    }
    lines.set(label, line);
    return [parsed.definition];
  });
}

function agentsOf(value: unknown, tell: (path: (string | number)[], message: string) => void): unknown[] {
  // The shell empties the file of `agents export NAME > agents.yaml` before the command reads it.
  if (value === null) return [];
  if (typeof value !== 'object' || Array.isArray(value)) {
    tell([], 'The file must be a mapping with the key "agents": a list of agents.');
    return [];
  }
  for (const key of Object.keys(value)) {
    if (key === 'agents') continue;
    const near =
      nearest(key, ['agents']) === undefined ? 'the only key of the file is "agents"' : 'did you mean "agents"?';
    tell([key], `is not a known key; ${near}`);
  }
  const agents = (value as Record<string, unknown>)['agents'];
  if (Array.isArray(agents)) return agents;
  if (!('agents' in value)) tell([], 'The file lacks the key "agents": a list of agents.');
  else tell(['agents'], 'must be a list of agents');
  return [];
}
