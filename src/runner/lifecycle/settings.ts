import type { AgentDefinition } from '../../agent/definition.ts';
import type { ErrorCode } from '../../base/errors.ts';
import type { BatchRecord } from '../../storage/batches.ts';
import type { RowAttempt } from '../../storage/rows.ts';
import type { StoredPlan } from '../contract/report/stored-plan.ts';
import { type BatchTuning, TUNED } from '../contract/request/options.ts';

/** A request for one attempt at a row. It has no effect on any other attempt. */
export interface RowRequest extends RowAttempt {
  act: 'cancel' | 'requeue';
}

/** The values that any process can change after a batch's start; `BatchRecord.settings` holds them. */
export interface BatchSettings extends BatchTuning {
  /** The model of new attempts, set by a retry. */
  model?: Pick<AgentDefinition['model'], 'provider' | 'model'>;
  /** The kind of stand-in that replaces that model; absent for a real model. */
  stand_in?: string;
  /** Set once the batch API was given up for this batch, with the reason: the rest runs in real time. */
  real_time?: string;
  /** Rows may run in real time, whatever the options say: a person allowed it. */
  fallback?: true;
  /** Warnings about rows that ran in real time because no provider job took them, with their price. */
  full_price?: string[];
  /** The deadline of the provider jobs passed, and fallback is off. A resume gives later jobs a new deadline. */
  deadline_passed?: boolean;
  /** From when the deadline counts, in milliseconds since the epoch; absent: from the first job on. */
  deadline_from?: number;
  /** Number of rows whose prompt was truncated, counted when the table was written. */
  truncated_rows?: number;
  /** Number of such rows by input field. */
  truncated_fields?: Record<string, number>;
  /** Tools are sent in plain form, because their strict form was refused. */
  plain_tools?: boolean;
  /** The operator gave up jobs that may or may not exist. */
  resend_lost?: boolean;
  /** The code for which the batch paused because its first rows all failed alike. */
  alike?: ErrorCode;
  /** Codes for which a person has continued the batch: they pause it no more. */
  alike_agreed?: ErrorCode[];
  /**
   * A retry whose rows are not all queued again yet; the process that drives the batch queues them first. `one` is in
   * settings of an earlier version.
   */
  redrive?: { codes?: ErrorCode[]; restart: boolean; named?: RowAttempt[]; one?: RowAttempt };
  /** What people asked for single rows, by an id that is sortable by time; the owner of the batch carries it out. */
  row_requests?: Record<string, RowRequest>;
}

/** The batch's settings: only the runner writes them, so they are trusted. */
export function settingsOf(batch: Pick<BatchRecord, 'settings'>): BatchSettings {
  return batch.settings as BatchSettings;
}

/** The tuning of a batch under these settings. */
export function tuningOf(plan: StoredPlan, settings: BatchSettings): BatchTuning {
  return withSettings(plan, settings).request.options ?? {};
}

/** The current plan: options and a model that were set since the start override the original ones. */
export function withSettings(plan: StoredPlan, settings: BatchSettings): StoredPlan {
  const { model, stand_in } = settings;
  const tuned = ([...TUNED, 'fallback'] as const).filter((name) => settings[name] !== undefined);
  const options = { ...plan.request.options, ...Object.fromEntries(tuned.map((name) => [name, settings[name]])) };
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
  // Other model settings, such as an address or a fallback, belong to the original provider.
  const kept = model.provider === agent.model.provider ? agent.model : { max_tokens: agent.model.max_tokens };
  return { agent: { ...agent, model: { ...kept, ...model } }, standIn: standIn ?? null };
}
