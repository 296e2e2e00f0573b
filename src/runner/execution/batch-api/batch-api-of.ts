import type { AgentDefinition } from '../../../agent/definition.ts';
import type { BatchApi } from '../../../providers/provider-jobs/batch-api.ts';
import type { ExecutionDeps } from '../execution-deps.ts';

/** The batch API that serves an agent's model, or the reason in words why there is none. */
export async function batchApiOf(
  { model }: Pick<AgentDefinition, 'model'>,
  { batchApi }: Pick<ExecutionDeps, 'batchApi'>,
): Promise<BatchApi | string> {
  return (await batchApi?.(model)) ?? 'this program has none';
}
