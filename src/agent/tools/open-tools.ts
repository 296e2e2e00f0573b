import { AppError, toAppError } from '../../base/errors.ts';
import { duration } from '../../base/figures.ts';
import type { Log } from '../../base/log.ts';
import { type AgentDefinition, agentLabel, type ToolDefinition } from '../definition.ts';
import type { Tool, ToolSet } from '../tool.ts';
import type { Environment } from './environment.ts';
import { createHttpTool } from './http-tool.ts';
import { createMcpConnection } from './mcp-connection.ts';
import { openMcpTools } from './mcp-tools.ts';
import { moduleFile, openModuleTool } from './module-tool.ts';

/** What {@link openTools} needs in addition to the definition. */
export interface OpenToolsOptions {
  /** For `${NAME}` references in `env`, `headers` and `url`. */
  env: Environment;
  log: Log;
  /** For HTTP tools and MCP servers over HTTP. */
  fetch?: typeof globalThis.fetch;
  /** Cancels opening. */
  signal?: AbortSignal;
}

/**
 * Opens the tools of an agent concurrently: HTTP calls, MCP servers, modules. If one fails, none stays open.
 * @throws AppError `config_invalid`, `agents_invalid`, `tool_unavailable` or `expression_invalid`, naming agent and place
 */
export async function openTools(definition: AgentDefinition, options: OpenToolsOptions): Promise<ToolSet> {
  const opening = definition.tools.map(async (tool, index) => {
    const place = `agent ${agentLabel(definition)}, tools[${index}]`;
    return open(tool, { ...options, place, baseDir: definition.base_dir });
  });
  const settled = await Promise.allSettled(opening);
  const sets = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const close = async () => {
    await Promise.all(sets.map((set) => set.close()));
  };
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed !== undefined || options.signal?.aborted === true) {
    await close();
    throw failed?.reason ?? new AppError('aborted', 'Opening the tools was cancelled.');
  }
  return { tools: sets.flatMap((set) => set.tools), close };
}

/** What starting one entry of an agent's `tools` gave: the names of its tools, or why it failed. */
export interface StartedTool {
  tool: ToolDefinition;
  names: string[];
  error: AppError | null;
}

/** Beyond the limit, a server that answers neither way is given up after this. */
const GRACE_MS = 2_000;

/**
 * Opens each entry of an agent's tools on its own, and closes it again.
 * @param limitMs how long each may take; a server's stderr is part of the error of one that takes longer
 */
export async function startTools(
  definition: AgentDefinition,
  options: OpenToolsOptions & { limitMs: number },
): Promise<StartedTool[]> {
  const { limitMs, signal: stop } = options;
  const started = definition.tools.map(async (tool, index): Promise<StartedTool> => {
    const place = `agent ${agentLabel(definition)}, tools[${index}]`;
    const over = AbortSignal.timeout(limitMs + GRACE_MS);
    const signal = stop === undefined ? over : AbortSignal.any([stop, over]);
    try {
      const set = await open(within(tool, limitMs), { ...options, signal, place, baseDir: definition.base_dir });
      const names = set.tools.map(({ name }) => name);
      await set.close();
      return { tool, names, error: null };
    } catch (thrown) {
      if (stop?.aborted === true) throw thrown;
      const text = `${place}: it did not start within ${duration(limitMs / 1000)}.`;
      const error = over.aborted ? new AppError('tool_unavailable', text, { cause: thrown }) : toAppError(thrown);
      return { tool, names: [], error };
    }
  });
  return Promise.all(started);
}

function within(tool: ToolDefinition, limitMs: number): ToolDefinition {
  if (!('mcp' in tool)) return tool;
  return { mcp: { ...tool.mcp, timeout_s: Math.min(tool.mcp.timeout_s, limitMs / 1000) } };
}

/**
 * Finds faults of an agent's tools that need neither a network nor a process: environment variables that are not set,
 * URLs and expressions that are wrong, modules that do not exist.
 * @throws AppError the first fault's code (`config_invalid`, `agents_invalid` or `expression_invalid`), with every fault
 *   in its message
 */
export function checkTools(definition: AgentDefinition, options: Pick<OpenToolsOptions, 'env' | 'log'>): void {
  const faults = definition.tools.flatMap((tool, index) => {
    try {
      check(tool, {
        ...options,
        place: `agent ${agentLabel(definition)}, tools[${index}]`,
        baseDir: definition.base_dir,
      });
      return [];
    } catch (thrown) {
      return [toAppError(thrown)];
    }
  });
  const [first] = faults;
  if (first !== undefined) throw new AppError(first.code, faults.map(({ message }) => message).join(' '));
}

function check(definition: ToolDefinition, { env, log, place, baseDir }: OpenOptions): void {
  const fetch = globalThis.fetch;
  if ('http' in definition) createHttpTool(definition.http, { env, fetch, place: `${place}.http` });
  else if ('module' in definition) moduleFile(definition.module, baseDir, `${place}.module`);
  // Prepares a connection and starts nothing.
  else createMcpConnection(definition.mcp, { env, log, fetch, baseDir, place: `${place}.mcp` });
}

type OpenOptions = OpenToolsOptions & { place: string; baseDir: string | undefined };

async function open(definition: ToolDefinition, options: OpenOptions): Promise<ToolSet> {
  const { env, log, place, baseDir, fetch = globalThis.fetch } = options;
  if ('http' in definition) return alone(createHttpTool(definition.http, { env, fetch, place: `${place}.http` }));
  if ('module' in definition) {
    const module = openModuleTool(definition.module, { baseDir, place: `${place}.module`, env, log });
    return untilAborted(module, options.signal);
  }
  const opening = openMcpTools(definition.mcp, { env, log, fetch, baseDir, place: `${place}.mcp` });
  return untilAborted(opening, options.signal);
}

function alone(tool: Tool): ToolSet {
  return { tools: [tool], close: () => Promise.resolve() };
}

/** Stops waiting when the signal fires; a server that starts after that is closed immediately. */
async function untilAborted(opening: Promise<ToolSet>, signal: AbortSignal | undefined): Promise<ToolSet> {
  if (signal === undefined) return opening;
  const { promise, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(new AppError('aborted', 'Opening the tools was cancelled.', { cause: signal.reason }));
  if (signal.aborted) giveUp();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([opening, promise]);
  } catch (thrown) {
    if (signal.aborted) opening.then((set) => set.close()).catch(() => undefined);
    throw thrown;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
