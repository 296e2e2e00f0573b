import { statSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';
import { AppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { ToolSet } from '../tool.ts';
import type { Environment } from './environment.ts';
import { startModuleWorker } from './module-worker.ts';

/** Largest heap of a module's thread, in MB. */
const MEMORY_MB = 512;
/** How long a call may take to stop after its deadline, in milliseconds. */
const GRACE_MS = 1000;

/** What {@link openModuleTool} needs in addition to the path. */
export interface ModuleToolOptions {
  /** Folder that a relative path starts at. */
  baseDir: string | undefined;
  /** The agent and the place in it, for messages. */
  place: string;
  env: Environment;
  log: Log;
  memoryMb?: number;
  graceMs?: number;
}

/**
 * Opens a file that exports `tool = {name, description, inputSchema, execute, idempotent?}`, in a thread of its own that
 * serves all calls: `process.exit`, an error that nothing catches, an endless loop or too much memory end the thread and
 * fail its calls, never the process. The next call starts a new thread.
 * @throws AppError `agents_invalid` naming the file and what is wrong with its export
 */
export async function openModuleTool(path: string, options: ModuleToolOptions): Promise<ToolSet> {
  const { baseDir, place, log, memoryMb = MEMORY_MB, graceMs = GRACE_MS } = options;
  const file = moduleFile(path, baseDir, place);
  const start = () => startModuleWorker(file, { place, log, memoryMb, graceMs, env: environmentOf(options.env) });
  const first = await start();
  let current = Promise.resolve(first);
  let closed = false;
  const running = async () => {
    const worker = await current;
    if (!worker.isEnded()) return worker;
    if (closed) throw new AppError('aborted', 'The tools of this agent have been closed.');
    // Calls that find the same ended thread wait for one new thread.
    if ((await current) === worker) current = start().catch(() => worker);
    const next = await current;
    if (next.isEnded()) throw new AppError('tool_unavailable', `The module ${file} can't be started again.`);
    return next;
  };
  return {
    tools: [{ ...first.offer, execute: async (input, context) => (await running()).call(input, context) }],
    async close() {
      closed = true;
      await (await current).close();
    },
  };
}

/**
 * The environment of a module: that of the process, as a copy, without Rowmill's own variables: they hold the keys of its
 * clients and stores.
 */
function environmentOf(env: Environment): Record<string, string> {
  const entries = Object.entries(env).filter(([name, value]) => value !== undefined && !name.startsWith('ROWMILL_'));
  return Object.fromEntries(entries) as Record<string, string>;
}

/**
 * The path of a module's file; the file exists.
 * @throws AppError `agents_invalid`
 */
export function moduleFile(path: string, baseDir: string | undefined, place: string): string {
  if (baseDir === undefined && !isAbsolute(path)) {
    throw new AppError(
      'agents_invalid',
      `${place} is "${path}", a relative path, but the definition comes from no file. Write an absolute path.`,
    );
  }
  const file = resolve(baseDir ?? '/', path);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) throw new AppError('agents_invalid', `${place} names ${file}, which does not exist.`);
  if (!found.isFile()) throw new AppError('agents_invalid', `${place} names ${file}, which is not a regular file.`);
  return file;
}
