import { parentPort, workerData } from 'node:worker_threads';
import { AppError, toAppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { ToolContext } from '../tool.ts';
import { loadModuleFile, type ModuleFile } from './module-file.ts';
import { type FromModule, LOG_LEVELS, type LogLevel, type ToModule } from './module-messages.ts';

// The entry of a module's thread: loads the file once, then runs calls concurrently.
const { file, place } = workerData as { file: string; place: string };
const calls = new Map<number, AbortController>();

function send(message: FromModule): void {
  parentPort?.postMessage(message);
}

async function run(module: ModuleFile, call: Extract<ToModule, { kind: 'call' }>): Promise<void> {
  const { id, idempotencyKey } = call;
  const controller = new AbortController();
  calls.set(id, controller);
  const context: ToolContext = {
    signal: controller.signal,
    idempotencyKey,
    log: createForwardingLog(),
    onProgress: (progress) => send({ kind: 'progress', id, progress }),
  };
  try {
    send({ kind: 'result', id, result: await module.execute(call.input, context) });
  } catch (thrown) {
    const { message } = toAppError(thrown);
    send({ kind: 'failed', id, message, ...(thrown instanceof AppError && { code: thrown.code }) });
  } finally {
    calls.delete(id);
  }
}

/** A log whose lines are written by the process that started this thread. */
function createForwardingLog(): Log {
  const write = (level: LogLevel) => (first: unknown, second?: unknown) => {
    const hasFields = typeof first === 'object' && first !== null;
    send({
      kind: 'log',
      level,
      fields: asJson(hasFields ? first : {}),
      text: String((hasFields ? second : first) ?? ''),
    });
  };
  const log = Object.fromEntries(LOG_LEVELS.map((level) => [level, write(level)])) as unknown as Log;
  return Object.assign(log, { child: () => log });
}

function asJson(fields: unknown): string {
  try {
    return JSON.stringify(fields);
  } catch {
    // A cycle or a BigInt: the line is kept without its fields.
    return '{}';
  }
}

async function load(): Promise<void> {
  try {
    const module = await loadModuleFile(file, place);
    parentPort?.on('message', (message: ToModule) => {
      if (message.kind === 'call') {
        void run(module, message);
        return;
      }
      send({ kind: 'alive', id: message.id });
      calls.get(message.id)?.abort(new AppError('aborted', 'The tool call was cancelled.'));
    });
    send({ kind: 'loaded', offer: module.offer });
  } catch (thrown) {
    const { code, message } = toAppError(thrown, 'agents_invalid');
    send({ kind: 'refused', code, message });
  }
}

void load();
