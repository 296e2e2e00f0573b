import { ExactNumber } from '../../base/json/exact-number.ts';
import type { JsonSchema } from '../../protocol/messages.ts';
import type { StoredType } from '../../tables/cell.ts';
import type { StoredPlan } from '../contract/report/stored-plan.ts';
import type { MetadataColumn } from '../contract/request/mapping.ts';
import { inputFields } from '../rows/mapping.ts';
import type { OutputLayout } from '../rows/transform-output.ts';

/**
 * The column types of an output table, where the format has types: source columns keep their types, fields follow the
 * agent's schema, seconds are numbers, and everything else is text.
 */
export function outputTypes(plan: StoredPlan, columns: readonly string[], layout: OutputLayout): StoredType[] {
  const schemas = inputFields(plan.agent.structured_output.schema);
  return [
    ...columns.map((_, index): StoredType => plan.columnTypes?.[index] ?? 'string'),
    ...layout.fields.map(({ field }) => typeOfSchema(schemas[field])),
    ...layout.columns.map((): StoredType => 'string'),
    ...[...layout.metadata, ...layout.status].map(({ name }) => METADATA_TYPES[name]),
  ];
}

/** The types of columns about a row. */
export const METADATA_TYPES: { [name in MetadataColumn]: StoredType } = {
  _parse_status: 'string',
  _validation_passed: 'boolean',
  _truncated_fields: 'json',
  _outcome: 'string',
  _failure: 'string',
  _status: 'string',
  _processing_time: 'number',
  _error: 'string',
};

/** The narrowest type for every value that the schema allows. */
function typeOfSchema(schema: JsonSchema | undefined): StoredType {
  const types = typesOf(schema).filter((type) => type !== 'null');
  if (types.length === 0 || types.includes('object') || types.includes('array')) return 'json';
  if (types.every((type) => type === 'boolean')) return 'boolean';
  if (types.every((type) => type === 'integer')) return 'integer';
  return types.every((type) => type === 'integer' || type === 'number') ? 'number' : 'string';
}

function typesOf(schema: JsonSchema | undefined): string[] {
  const type = schema?.['type'];
  if (typeof type === 'string') return [type];
  if (Array.isArray(type)) return type.map(String);
  const values = Array.isArray(schema?.['enum'])
    ? schema['enum']
    : schema !== undefined && 'const' in schema
      ? [schema['const']]
      : [];
  return values.map(typeOfValue);
}

function typeOfValue(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof ExactNumber) return 'number';
  return Array.isArray(value) ? 'array' : typeof value;
}
