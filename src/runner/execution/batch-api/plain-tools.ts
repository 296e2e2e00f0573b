import type { ProviderJobRecord } from '../../../storage/provider-jobs.ts';
import { planOf } from '../../output/results.ts';
import type { ProviderJobRun } from './provider-job-run.ts';

/** Stores that tools must be plain, found out in real time: it must outlive this process. */
export async function keepPlainTools(run: ProviderJobRun): Promise<void> {
  const { agent, batch } = run.options;
  const { model } = planOf(batch).agent.model;
  const asked = { model, system: '', messages: [], tools: agent.toolSpecs, maxTokens: 1 };
  const request = run.provider.route?.(asked) ?? asked;
  if (run.isPlain || run.provider.sendsStrict?.(request) !== false) return;
  await sendPlainTools(run);
}

/**
 * Whether the requests of a job that has no answer are sent again with plain tools: it was refused for their strict
 * form. Such a refusal is free. A job whose tools are plain is never sent again for this cause.
 * @param reason the refusal in the provider's words
 */
export async function retryPlainTools(
  run: ProviderJobRun,
  { id }: Pick<ProviderJobRecord, 'id'>,
  reason: string | undefined,
): Promise<boolean> {
  const { provider, options } = run;
  if (reason === undefined || run.plainJobs.has(id)) return false;
  if (provider.refusesStrict?.({ code: 'model_request_invalid', message: reason }) !== true) return false;
  options.deps.log.warn({ job: id, reason }, 'a job was refused for its strict tools; the next has plain tools');
  await sendPlainTools(run);
  return true;
}

async function sendPlainTools(run: ProviderJobRun): Promise<void> {
  const { deps, fence } = run.options;
  run.isPlain = true;
  await deps.store.updateBatch(fence.batchId, { settings: { plain_tools: true } }, { fence });
}
