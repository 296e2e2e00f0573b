import { descriptorOf, isModelFile } from '../../providers/catalog.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import { type Caller, isOwnFace } from '../contract/caller.ts';
import type { RetryRequest } from '../contract/request/request.ts';
import { checkSpokenModel } from '../intake/agent/default-model.ts';
import { planOf } from '../output/results.ts';

/**
 * Checks the model of a retry that a model that talks may have named. A batch of a script may use another script.
 * @throws AppError `invalid_arguments`
 */
export function checkRetryModel(batch: BatchRecord, { model }: RetryRequest, { face }: Caller): void {
  if (model === undefined || isOwnFace(face)) return;
  const { agent } = planOf(batch);
  const [, provider = '', name = ''] = /^([^/]+)\/(.+)$/.exec(model) ?? [];
  const named =
    descriptorOf(provider) === undefined ? { provider: agent.model.provider, model } : { provider, model: name };
  if (!isModelFile(named) || !isModelFile(agent.model)) checkSpokenModel(named);
}
