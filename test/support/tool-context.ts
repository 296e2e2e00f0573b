import type { ToolContext } from '../../src/agent/tool.ts';
import { createSilentLog } from '../../src/base/log.ts';

/** The context that a tool gets in a test. */
export function toolContext(given: Partial<ToolContext> = {}): ToolContext {
  return { signal: new AbortController().signal, log: createSilentLog(), idempotencyKey: 'key-1', ...given };
}
