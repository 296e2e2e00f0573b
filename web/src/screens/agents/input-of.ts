import type { Trial } from '../../data/agents.ts';
import type { Schemas } from '../../data/api.ts';
import { messages } from './messages.ts';
import { fieldsOf, type SchemaField } from './schema-fields.tsx';

const { trial: words } = messages;

/** The name of the one field of an agent that takes a message. */
export const MESSAGE = '';

/** What a person typed, by field. */
export type Typed = { [field: string]: string };

/** What is sent, or what is wrong with each field. */
export interface Input {
  given: Trial['given'] | undefined;
  faults: { [field: string]: string };
}

/** Makes the input of a run from what was typed. */
export function inputOf(agent: Schemas['AgentDetails'], typed: Typed): Input {
  if (agent.input_schema === null) {
    const message = typed[MESSAGE]?.trim() ?? '';
    return message === ''
      ? { given: undefined, faults: { [MESSAGE]: words.missing } }
      : { given: { message }, faults: {} };
  }
  const fields = fieldsOf(agent.input_schema);
  const { input, faults } = readFields(fields, typed);
  for (const { name, isRequired } of fields) if (isRequired && (typed[name] ?? '') === '') faults[name] = words.missing;
  return { given: Object.keys(faults).length === 0 ? { input } : undefined, faults };
}

/** The values of the fields that were typed, and what can't be read. */
export function readFields(fields: readonly SchemaField[], typed: Typed) {
  const faults: { [field: string]: string } = {};
  const input: { [field: string]: unknown } = {};
  for (const field of fields) {
    const text = typed[field.name] ?? '';
    if (text === '') continue;
    const read = readField(field, text);
    if (read.fault === undefined) input[field.name] = read.value;
    else faults[field.name] = read.fault;
  }
  return { input, faults };
}

/** Whether a field is typed as JSON. */
export function isJson({ schema }: SchemaField): boolean {
  const types = typesOf(schema);
  return types.includes('array') || types.includes('object');
}

function readField(field: SchemaField, text: string): { value?: unknown; fault?: string } {
  const types = typesOf(field.schema);
  if (isJson(field)) {
    try {
      return { value: JSON.parse(text) };
    } catch {
      return { fault: words.badJson };
    }
  }
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return { value: text === 'true' };
  if (!types.includes('string') && (types.includes('number') || types.includes('integer'))) {
    const value = Number(text);
    return Number.isFinite(value) ? { value } : { fault: words.badNumber };
  }
  return { value: text };
}

function typesOf(schema: { [key: string]: unknown }): unknown[] {
  return [schema['type']].flat();
}
