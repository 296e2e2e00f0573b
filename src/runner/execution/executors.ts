import { createBatchApiExecutor } from './batch-api/batch-api-executor.ts';
import type { Executor } from './executor.ts';
import { realtime } from './realtime.ts';

/** Every executor, in the order in which they are asked whether they fit; the last one always fits. */
export function createExecutors(): readonly Executor[] {
  return [createBatchApiExecutor({ realtime }), realtime];
}
