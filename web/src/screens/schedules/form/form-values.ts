import type { Schemas } from '../../../data/api.ts';
import type { Schedule, ScheduleGiven } from '../../../data/schedules.ts';
import { READER_ZONE } from '../../../data/zones.ts';

type Action = Schemas['ScheduleRequest']['action'];
/** A batch request that a schedule can run. */
export type ScheduledRequest = Extract<Action, { type: 'run_batch' }>['request'];
type Options = NonNullable<ScheduledRequest['options']>;

/** What the fields of the form hold. */
export interface FormValues {
  name: string;
  kind: Action['type'];
  /** Process only the queues of this agent; empty: of every one. */
  jobsOf: string;
  mode: 'auto' | 'batch' | 'realtime';
  cappedOnly: boolean;
  table: string;
  /** The agent of a batch; empty while none is chosen. */
  agent: string;
  cache: NonNullable<Options['cache']>;
  output: string;
  cron: string;
  /** Empty: the zone of the server. */
  timeZone: string;
  cap: string;
}

/** A part of the form: what its fields hold, and how that is changed. */
export interface FormPart {
  values: FormValues;
  set: (change: Partial<FormValues>) => void;
  /** What the server found wrong with a field; undefined when nothing. */
  faultOf: (...places: string[]) => string | undefined;
}

const NEW: FormValues = {
  ...{ name: '', kind: 'process_queues', jobsOf: '', mode: 'auto', cappedOnly: false },
  ...{ table: '', agent: '', cache: 'all', output: '' },
  ...{ cron: '0 2 * * *', timeZone: READER_ZONE, cap: '' },
};

/** The form of a new schedule, over a request that is given, or of one that is there. */
export function valuesOf(schedule: Schedule | undefined, given: ScheduledRequest | undefined): FormValues {
  if (schedule === undefined) {
    const cap = given?.options?.max_cost_usd;
    return { ...NEW, ...(given !== undefined && fromRequest(given)), cap: cap === undefined ? '' : String(cap) };
  }
  const { name, action, cron, time_zone: zone, max_cost_usd: cap } = schedule;
  const times = { name, cron, timeZone: zone ?? '', cap: cap === null ? '' : String(cap) };
  if (action.type === 'run_batch') return { ...NEW, ...fromRequest(action.request), ...times };
  const { agent: jobsOf = '', mode = 'auto', capped_jobs_only: cappedOnly = false } = action;
  return { ...NEW, ...times, jobsOf, mode, cappedOnly };
}

function fromRequest({ csv_uri: table, target, options, output_uri: output = '' }: ScheduledRequest) {
  const agent = target.type === 'inline' ? '' : target.name;
  return { kind: 'run_batch' as const, table, agent, output, cache: options?.cache ?? ('off' as const) };
}

/** What the form says, as the server takes it. What the form doesn't show of a request stays as it was. */
export function givenOf(values: FormValues, request: ScheduledRequest | undefined): ScheduleGiven {
  const { name, cron, timeZone, cap } = values;
  return {
    ...{ name: name.trim(), cron: cron.trim(), timeZone: timeZone === '' ? null : timeZone },
    ...{ action: actionOf(values, request), cap: dollarsOf(cap) },
  };
}

function actionOf(values: FormValues, request: ScheduledRequest | undefined): Action {
  if (values.kind === 'process_queues') {
    const { jobsOf, mode, cappedOnly } = values;
    return { type: 'process_queues', mode, capped_jobs_only: cappedOnly, ...(jobsOf !== '' && { agent: jobsOf }) };
  }
  const { options, output_uri: _, ...rest } = request ?? { target: { type: 'agent' as const, name: '' } };
  // The cap of the schedule holds.
  const { max_cost_usd: _cap, idempotency_key: _key, ...kept } = options ?? {};
  const target = rest.target.type === 'inline' ? rest.target : agentTarget(rest.target, values.agent);
  const output = values.output.trim();
  return {
    type: 'run_batch',
    request: {
      ...{ ...rest, csv_uri: values.table.trim(), target, options: { ...kept, cache: values.cache } },
      ...(output !== '' && { output_uri: output }),
    },
  };
}

/** A version that was chosen stays with its agent. */
function agentTarget(target: Exclude<ScheduledRequest['target'], { type: 'inline' }>, name: string) {
  return target.name === name ? target : { type: 'agent' as const, name };
}

/** Dollars as a person writes them; null for nothing, NaN for what is no amount above 0. */
export function dollarsOf(text: string): number | null {
  const plain = text.trim().replace(',', '.');
  if (plain === '') return null;
  return /^\d+(\.\d+)?$/.test(plain) && Number(plain) > 0 ? Number(plain) : Number.NaN;
}

/** Whether the text can be the name of a schedule. */
export function isName(text: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,59}$/.test(text.trim());
}
