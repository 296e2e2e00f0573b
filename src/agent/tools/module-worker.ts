import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../base/errors.ts';
import { parseJson } from '../../base/exact-number.ts';
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

/**
 * Starts the thread and loads the file in it.
 * @throws AppError `agents_invalid` when the file can't be loaded, is not a tool, or takes too long
 */
export async function startModuleWorker(file: string, options: ModuleWorkerOptions): Promise<ModuleWorker> {
  const { place, env, log, memoryMb, graceMs } = options;
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
  const calls = new Map<number, Call>();
  const loading = Promise.withResolvers<ModuleOffer>();
  let lastId = 0;
  let fault: string | undefined;
  let ended = false;

  const settle = (id: number): Call | undefined => {
    const call = calls.get(id);
    calls.delete(id);
    if (calls.size === 0) worker.unref();
    return call;
  };
  const end = (reason: string) => {
    fault ??= reason;
    void worker.terminate();
  };
  const stop = (id: number) => {
    const call = calls.get(id);
    if (call === undefined) return;
    call.isAbandoned = true;
    worker.postMessage({ kind: 'abort', id } satisfies ToModule);
    setTimeout(() => {
      if (!calls.has(id)) return;
      if (!call.isAlive) end('a call blocked its thread past its deadline');
      // A call that ignores its signal is left alone only for the sake of the others.
      else if ([...calls.values()].every(({ isAbandoned }) => isAbandoned)) end('a call did not stop at its deadline');
    }, graceMs).unref();
  };

  worker.on('message', (message: FromModule) => {
    switch (message.kind) {
      case 'loaded':
        loading.resolve(message.offer);
        break;
      case 'refused':
        loading.reject(new AppError(message.code, message.message));
        break;
      case 'result':
        settle(message.id)?.resolve(parseJson(message.result) as Json);
        break;
      case 'failed':
        settle(message.id)?.reject(new AppError(message.code ?? 'tool_unavailable', message.message));
        break;
      case 'alive': {
        const call = calls.get(message.id);
        if (call !== undefined) call.isAlive = true;
        break;
      }
      case 'progress':
        calls.get(message.id)?.context.onProgress?.(message.progress);
        break;
      case 'log':
        log[message.level](parseJson(message.fields), message.text);
    }
  });
  worker.on('error', (thrown: Error & { code?: string }) => {
    fault ??=
      thrown.code === 'ERR_WORKER_OUT_OF_MEMORY' ? `it used more than ${memoryMb} MB of memory` : faultText(thrown);
  });
  worker.on('exit', (status) => {
    ended = true;
    const reason = fault ?? `it called process.exit(${status})`;
    loading.reject(new AppError('agents_invalid', `${place}: ${file} can't be loaded: ${reason}.`));
    for (const [id, call] of calls) {
      settle(id);
      const text = `The module ${file} stopped: ${reason}. The next call starts it again.`;
      call.reject(new AppError('tool_unavailable', text, { retryable: true, outcomeUnknown: true }));
    }
  });

  const timer = setTimeout(() => end(`it was not loaded within ${LOAD_TIMEOUT_MS / 1000} s`), LOAD_TIMEOUT_MS);
  const offer = await loading.promise
    .finally(() => clearTimeout(timer))
    .catch(async (thrown: unknown) => {
      await worker.terminate();
      throw thrown;
    });
  worker.unref();
  return {
    offer,
    isEnded: () => ended,
    call(input, context) {
      lastId += 1;
      const id = lastId;
      const { promise, resolve, reject } = Promise.withResolvers<Json>();
      calls.set(id, { resolve, reject, context, isAlive: false, isAbandoned: false });
      worker.ref();
      const { idempotencyKey, signal } = context;
      worker.postMessage({ kind: 'call', id, input: JSON.stringify(input), idempotencyKey } satisfies ToModule);
      const abort = () => stop(id);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      return promise.finally(() => signal.removeEventListener('abort', abort));
    },
    async close() {
      fault ??= 'its agent was closed';
      await worker.terminate();
    },
  };
}

function faultText(thrown: unknown): string {
  return `nothing caught its error "${thrown instanceof Error ? thrown.message : String(thrown)}"`;
}
