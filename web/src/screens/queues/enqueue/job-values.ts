import type { Schemas } from '../../../data/api.ts';
import type { NewJob } from '../../../data/jobs.ts';
import { ProblemError } from '../../../data/problem-error.ts';
import { readFields, type Typed } from '../../agents/input-of.ts';
import { fieldsOf } from '../../agents/schema-fields.tsx';
import { messages } from '../messages.ts';

const { enqueue: words } = messages;

/** What the form of a job holds. */
export interface JobValues {
  /** Empty while none is chosen. */
  agent: string;
  way: 'fields' | 'json';
  typed: Typed;
  json: string;
  priority: string;
  provider: string;
  /** Times of the reader's zone, as the browser's field has them. */
  notBefore: string;
  deadline: string;
  cap: string;
}

/** The form before anything is typed. */
export const NEW_JOB: JobValues = {
  ...{ agent: '', way: 'fields', typed: {}, json: '{}', priority: '5' },
  ...{ provider: '', notBefore: '', deadline: '', cap: '' },
};

/** The place of a fault that is about the whole input. */
export const INPUT = 'input';

/** What is sent, or what can't be read, by the place of its field. */
export interface ReadJob {
  body: NewJob['body'] | undefined;
  faults: { [place: string]: string };
}

/** The request that the form stands for. Which fields an input needs is the server's to say. */
export function readJob(values: JobValues, agent: Schemas['AgentDetails'] | undefined): ReadJob {
  const { way, typed, json, priority, provider, notBefore, deadline, cap } = values;
  const { input, faults } = way === 'json' ? readJson(json) : readTyped(agent, typed);
  const dollars = Number(cap.trim().replace(',', '.'));
  if (cap.trim() !== '' && !(dollars > 0)) faults['max_cost_usd'] = words.capFault;
  if (Object.keys(faults).length > 0) return { body: undefined, faults };
  return {
    body: {
      ...{ agent: values.agent, input, priority: Number(priority) },
      ...(provider.trim() !== '' && { provider: provider.trim() }),
      ...(notBefore !== '' && { not_before: new Date(notBefore).toISOString() }),
      ...(deadline !== '' && { deadline: new Date(deadline).toISOString() }),
      ...(cap.trim() !== '' && { max_cost_usd: dollars }),
    },
    faults,
  };
}

/** The input as it stands in the fields, for the field of JSON. */
export function jsonOf({ typed }: JobValues, agent: Schemas['AgentDetails'] | undefined): string {
  return JSON.stringify(agent?.input_schema ? readFields(fieldsOf(agent.input_schema), typed).input : {}, null, 2);
}

type Input = { [field: string]: unknown };
interface ReadInput {
  input: Input;
  faults: { [place: string]: string };
}

function readTyped(agent: Schemas['AgentDetails'] | undefined, typed: Typed): ReadInput {
  const { input, faults } = readFields(agent?.input_schema ? fieldsOf(agent.input_schema) : [], typed);
  return {
    input,
    faults: Object.fromEntries(Object.entries(faults).map(([field, text]) => [`${INPUT}.${field}`, text])),
  };
}

function readJson(text: string): ReadInput {
  try {
    const input: unknown = JSON.parse(text);
    if (typeof input === 'object' && input !== null && !Array.isArray(input))
      return { input: input as Input, faults: {} };
  } catch {
    // Told below.
  }
  return { input: {}, faults: { [INPUT]: words.badJson } };
}

/** What the server found wrong, by the place of its field. */
export function serverFaults(error: Error | null): { [place: string]: string } {
  if (!(error instanceof ProblemError)) return {};
  return Object.fromEntries(error.faults.map(({ place, message }) => [place.replace(/^body\./, ''), message]));
}
