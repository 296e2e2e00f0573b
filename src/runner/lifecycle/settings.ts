import type { AgentDefinition } from '../../agent/definition.ts';
import type { ErrorCode } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { BatchTuning } from '../contract/options.ts';
import type { StoredPlan } from '../contract/stored-plan.ts';

/** What can be changed on a batch after its start, by any process; `BatchRecord.settings` holds it. */
export interface BatchSettings extends BatchTuning {
  /** What new attempts use since a retry asked for it. */
  model?: Pick<AgentDefinition['model'], 'provider' | 'model'>;
  /** What that model really is when it is a stand-in; a real one has none. */
  stand_in?: string;
  /** Set once the batch API was given up for this batch, with the reason: the rest runs in real time. */
  real_time?: string;
  /** Rows whose prompt was cut, as it was counted when the table was written. */
  truncated_rows?: number;
  /** The same by input field. */
  truncated_fields?: Record<string, number>;
  /** Tools go out in plain form: their strict form was refused. */
  plain_tools?: boolean;
  /** The operator gave up jobs of which it is not known whether they exist. */
  resend_lost?: boolean;
  /** A retry whose rows are not all queued again yet; whoever drives the batch does it first. */
  redrive?: { codes?: ErrorCode[]; restart: boolean };
}

/** The batch's settings: only the runner writes them, so they are trusted. */
export function settingsOf(batch: Pick<BatchRecord, 'settings'>): BatchSettings {
  return batch.settings as BatchSettings;
}

/** How a batch is tuned under these settings. */
export function tuningOf(plan: StoredPlan, settings: BatchSettings): BatchTuning {
  return withSettings(plan, settings).request.options ?? {};
}

/** The plan as it holds now: the options and the model that were set since the start go before the ones it began with. */
export function withSettings(plan: StoredPlan, settings: BatchSettings): StoredPlan {
  const { concurrency, max_cost_usd, priority, model, stand_in } = settings;
  const tuning = JSON.parse(JSON.stringify({ concurrency, max_cost_usd, priority })) as BatchTuning;
  const options = { ...plan.request.options, ...tuning };
  return {
    ...plan,
    request: { ...plan.request, ...(Object.keys(options).length === 0 ? {} : { options }) },
    ...(model === undefined ? {} : withModel(plan.agent, model, stand_in)),
  };
}

function withModel(
  agent: AgentDefinition,
  model: NonNullable<BatchSettings['model']>,
  standIn: string | undefined,
): Pick<StoredPlan, 'agent' | 'standIn'> {
  // What else was said of the model, as an address or a fallback, is another provider's.
  const kept = model.provider === agent.model.provider ? agent.model : { max_tokens: agent.model.max_tokens };
  return { agent: { ...agent, model: { ...kept, ...model } }, standIn: standIn ?? null };
}
