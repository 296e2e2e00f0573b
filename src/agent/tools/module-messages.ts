import type { ErrorCode } from '../../base/errors.ts';
import type { JsonSchema } from '../../protocol/messages.ts';

/** What a module says of its tool. */
export interface ModuleOffer {
  name: string;
  description: string;
  inputSchema: JsonSchema;
  idempotent: boolean;
  timeoutMs?: number;
}

/** To the thread of a module. Values are JSON text: a copy between threads would lose the digits of long numbers. */
export type ToModule =
  | { kind: 'call'; id: number; input: string; idempotencyKey: string }
  | { kind: 'abort'; id: number };

/** From the thread of a module. `alive` answers an abort: the thread is not blocked. */
export type FromModule =
  | { kind: 'loaded'; offer: ModuleOffer }
  | { kind: 'refused'; code: ErrorCode; message: string }
  | { kind: 'result'; id: number; result: string }
  | { kind: 'failed'; id: number; code?: ErrorCode; message: string }
  | { kind: 'alive'; id: number }
  | { kind: 'progress'; id: number; progress: { done: number; total?: number; message?: string } }
  | { kind: 'log'; level: LogLevel; fields: string; text: string };

/** Levels at which a module can log. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];
