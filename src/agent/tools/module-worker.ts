import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../base/errors.ts';
import { parseJson } from '../../base/json/exact-number.ts';
import type { Log } from '../../base/log.ts';
import type { Json, JsonObject } from '../../protocol/messages.ts';
import type { ToolContext } from '../tool.ts';
import type { FromModule, ModuleOffer, ToModule } from './module-messages.ts';

const THREAD = new URL(`./module-thread${extname(import.meta.url)}`, import.meta.url);
/** How long a file may take until it is loaded. */
const LOAD_TIMEOUT_MS = 30_000;
const SHOWN_OUTPUT_LENGTH = 600;

/** What {@link startModuleWorker} needs in addition to the file. */
export interface ModuleWorkerOptions {
  place: string;
  /** All that the module sees as `process.env`. */
  env: Record<string, string>;
  log: Log;
  /** Largest heap of the thread, in MB. */
  memoryMb: number;
  /** How long a cancelled call may take to stop, in milliseconds. */
  graceMs: number;
}

/** One thread in which a module is loaded; it runs calls concurrently, as the module's own process would. */
export interface ModuleWorker {
  offer: ModuleOffer;
  /** @throws AppError `tool_unavailable` when the thread ends before the call; what the module throws */
  call(input: JsonObject, context: ToolContext): Promise<Json>;
  isEnded(): boolean;
  /** Ends the thread, whatever it does. Idempotent. */
  close(): Promise<void>;
}

interface Call {
  resolve(result: Json): void;
  reject(fault: AppError): void;
  context: ToolContext;
  isAlive: boolean;
  isAbandoned: boolean;
}

/** A thread with its calls. */
interface Thread {
  worker: Worker;
  calls: Map<number, Call>;
  /** Why it ends; the first reason counts. */
  fault: string | undefined;
  isEnded: boolean;
}

/**
 * Starts the thread and loads the file in it.
 * @throws AppError `agents_invalid` when the file can't be loaded, is not a tool, or takes too long
 */
export async function startModuleWorker(file: string, options: ModuleWorkerOptions): Promise<ModuleWorker> {
  const worker = openThread(file, options);
  const thread: Thread = { worker, calls: new Map(), fault: undefined, isEnded: false };
  const loading = Promise.withResolvers<ModuleOffer>();
  worker.on('message', (message: FromModule) => {
    if (message.kind === 'loaded') loading.resolve(message.offer);
    else if (message.kind === 'refused') loading.reject(new AppError(message.code, message.message));
    else receive(thread, message, options.log);
  });
  worker.on('error', (thrown: Error & { code?: string }) => {
    const isFull = thrown.code === 'ERR_WORKER_OUT_OF_MEMORY';
    thread.fault ??= isFull ? `it used more than ${options.memoryMb} MB of memory` : faultText(thrown);
  });
  worker.on('exit', (status) => {
    thread.isEnded = true;
    const reason = thread.fault ?? `it called process.exit(${status})`;
    loading.reject(new AppError('agents_invalid', `${options.place}: ${file} can't be loaded: ${reason}.`));
    failCalls(thread, `The module ${file} stopped: ${reason}. The next call starts it again.`);
  });
  const tooLong = `it was not loaded within ${LOAD_TIMEOUT_MS / 1000} s`;
  const timer = setTimeout(() => end(thread, tooLong), LOAD_TIMEOUT_MS);
  const offer = await loading.promise
    .finally(() => clearTimeout(timer))
    .catch(async (thrown: unknown) => {
      await worker.terminate();
      throw thrown;
    });
  worker.unref();
  let lastId = 0;
  return {
    offer,
    isEnded: () => thread.isEnded,
    call(input, context) {
      lastId += 1;
      return startCall(thread, { id: lastId, input, context, graceMs: options.graceMs });
    },
    async close() {
      thread.fault ??= 'its agent was closed';
      await worker.terminate();
    },
  };
}

function openThread(file: string, { place, env, log, memoryMb }: ModuleWorkerOptions): Worker {
  const worker = new Worker(THREAD, {
    workerData: { file, place },
    env,
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    // The process's own stdout may belong to a protocol.
    stdout: true,
    stderr: true,
  });
  for (const stream of [worker.stdout, worker.stderr]) {
    stream.on('data', (chunk: Buffer) =>
      log.debug({ output: String(chunk).slice(0, SHOWN_OUTPUT_LENGTH) }, 'a module wrote'),
    );
  }
  return worker;
}

/** Handles what the thread says about its calls. */
function receive(thread: Thread, message: Exclude<FromModule, { kind: 'loaded' | 'refused' }>, log: Log): void {
  switch (message.kind) {
    case 'result':
      settle(thread, message.id)?.resolve(parseJson(message.result) as Json);
      break;
    case 'failed':
      settle(thread, message.id)?.reject(new AppError(message.code ?? 'tool_unavailable', message.message));
      break;
    case 'alive': {
      const call = thread.calls.get(message.id);
      if (call !== undefined) call.isAlive = true;
      break;
    }
    case 'progress':
      thread.calls.get(message.id)?.context.onProgress?.(message.progress);
      break;
    case 'log':
      log[message.level](parseJson(message.fields), message.text);
  }
}

function startCall(
  thread: Thread,
  { id, input, context, graceMs }: { id: number; input: JsonObject; context: ToolContext; graceMs: number },
): Promise<Json> {
  const { promise, resolve, reject } = Promise.withResolvers<Json>();
  thread.calls.set(id, { resolve, reject, context, isAlive: false, isAbandoned: false });
  thread.worker.ref();
  const { idempotencyKey, signal } = context;
  thread.worker.postMessage({ kind: 'call', id, input: JSON.stringify(input), idempotencyKey } satisfies ToModule);
  const abort = () => stop(thread, id, graceMs);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  return promise.finally(() => signal.removeEventListener('abort', abort));
}

/** Asks a call to stop, and ends the thread where it blocks, or where only such calls are left. */
function stop(thread: Thread, id: number, graceMs: number): void {
  const { calls, worker } = thread;
  const call = calls.get(id);
  if (call === undefined) return;
  call.isAbandoned = true;
  worker.postMessage({ kind: 'abort', id } satisfies ToModule);
  setTimeout(() => {
    if (!calls.has(id)) return;
    if (!call.isAlive) end(thread, 'a call blocked its thread past its deadline');
    // A call that ignores its signal is left alone only for the sake of the others.
    else if ([...calls.values()].every(({ isAbandoned }) => isAbandoned))
      end(thread, 'a call did not stop at its deadline');
  }, graceMs).unref();
}

/** Removes a call that has ended. A thread without calls does not keep the process alive. */
function settle({ calls, worker }: Thread, id: number): Call | undefined {
  const call = calls.get(id);
  calls.delete(id);
  if (calls.size === 0) worker.unref();
  return call;
}

function failCalls(thread: Thread, text: string): void {
  for (const [id, call] of thread.calls) {
    settle(thread, id);
    call.reject(new AppError('tool_unavailable', text, { retryable: true, outcomeUnknown: true }));
  }
}

function end(thread: Thread, reason: string): void {
  thread.fault ??= reason;
  void thread.worker.terminate();
}

function faultText(thrown: unknown): string {
  return `nothing caught its error "${thrown instanceof Error ? thrown.message : String(thrown)}"`;
}
