import { ExactNumber } from '../../base/json/exact-number.ts';
import type { JsonSchema, ModelRequest, ModelResponse, ToolSpec } from '../../protocol/messages.ts';
import { inSentForm, type SentRequest, withAnswerCall } from '../shared/answer-format.ts';
import { lowerSchema } from '../shared/strict-schema.ts';

/** A tool's input schema as OpenAI's strict mode accepts it, and the conversion back. */
export interface StrictForm {
  schema: JsonSchema;
  /** The model's input without the nulls that mean a missing field: as the tool's own schema requires it. */
  restore(input: unknown): unknown;
}

/** Formats that are lowered but that OpenAI's strict mode does not know. */
const UNKNOWN_FORMATS = new Set(['uri']);

/**
 * The strict form of a schema: every field is required, and one that was optional may be null instead.
 * Source: OpenAI's structured outputs, supported schemas.
 * @returns undefined where it can't be lowered, or where a null can't be distinguished from a missing field
 */
export function toStrictForm(inputSchema: JsonSchema): StrictForm | undefined {
  const lowered = lowerSchema(inputSchema);
  if (!lowered.strict || isAmbiguous(lowered.schema)) return undefined;
  return { schema: requireAll(lowered.schema), restore: (input) => restore(input, lowered.schema) };
}

const forms = new WeakMap<JsonSchema, { form: StrictForm | undefined }>();

/** {@link toStrictForm}, made once for each schema. */
export function toStrictFormOnce(schema: JsonSchema): StrictForm | undefined {
  const known = forms.get(schema) ?? { form: toStrictForm(schema) };
  forms.set(schema, known);
  return known.form;
}

/** The request as it is sent where answers are formats in strict form. @param isStrict false where that was refused */
export function toSentRequest(request: ModelRequest, isStrict: boolean): SentRequest {
  return inSentForm(request, ({ inputSchema }) => isStrict && toStrictFormOnce(inputSchema) !== undefined);
}

/** The response with its text as a call, as the agent's own schema has its data. */
export function withStrictAnswer(response: ModelResponse, spec: ToolSpec | undefined): ModelResponse {
  const restore = spec === undefined ? undefined : toStrictFormOnce(spec.inputSchema)?.restore;
  return withAnswerCall(response, spec?.name, restore);
}

function requireAll(schema: JsonSchema): JsonSchema {
  const branches = branchesOf(schema);
  if (branches !== undefined) return { ...schema, anyOf: branches.map(requireAll) };
  const values = 'const' in schema ? [schema['const']] : schema['enum'];
  if (Array.isArray(values)) return { type: typesOf(values), ...schema };
  if (schema['type'] === 'object') {
    const isOptional = optionalIn(schema);
    const properties = propertiesOf(schema).map(([name, property]) => {
      const required = requireAll(property);
      return [name, isOptional(name) && !acceptsNull(property) ? orNull(required) : required];
    });
    return { ...schema, properties: Object.fromEntries(properties), required: properties.map(([name]) => name) };
  }
  const items = itemsOf(schema);
  if (items !== undefined) return { ...schema, items: requireAll(items) };
  const { format, ...rest } = schema;
  if (typeof format !== 'string' || !UNKNOWN_FORMATS.has(format)) return schema;
  return { ...rest, description: [schema['description'], `(format: ${format})`].filter(Boolean).join(' ') };
}

function orNull(schema: JsonSchema): JsonSchema {
  const branches = branchesOf(schema);
  if (branches !== undefined) return { ...schema, anyOf: [...branches, { type: 'null' }] };
  const { description, ...rest } = schema;
  return { anyOf: [rest, { type: 'null' }], ...(description === undefined ? {} : { description }) };
}

function restore(value: unknown, schema: JsonSchema): unknown {
  const branches = branchesOf(schema);
  if (branches !== undefined) {
    const fitting = branches.filter((branch) => branch['type'] === kindOf(value));
    // Where several fit, they have no optional fields: there is nothing to restore.
    return fitting.length === 1 && fitting[0] !== undefined ? restore(value, fitting[0]) : value;
  }
  const items = itemsOf(schema);
  if (Array.isArray(value) && items !== undefined) return value.map((item) => restore(item, items));
  if (schema['type'] !== 'object' || !isRecord(value)) return value;
  const properties = new Map(propertiesOf(schema));
  const isOptional = optionalIn(schema);
  const kept = Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
    const property = properties.get(name);
    if (property === undefined) return [[name, field]];
    return field === null && isOptional(name) && !acceptsNull(property) ? [] : [[name, restore(field, property)]];
  });
  return Object.fromEntries(kept);
}

/** Whether a value could belong to several branches that have optional fields, so that its nulls are ambiguous. */
function isAmbiguous(schema: JsonSchema): boolean {
  const branches = branchesOf(schema) ?? [];
  const isUnclear = ['object', 'array'].some((type) => {
    const fitting = branches.filter((branch) => branch['type'] === type || branchesOf(branch) !== undefined);
    return fitting.length > 1 && fitting.some(hasOptional);
  });
  return isUnclear || partsOf(schema).some(isAmbiguous);
}

function hasOptional(schema: JsonSchema): boolean {
  const isOptional = optionalIn(schema);
  return propertiesOf(schema).some(([name]) => isOptional(name)) || partsOf(schema).some(hasOptional);
}

function partsOf(schema: JsonSchema): JsonSchema[] {
  const items = itemsOf(schema);
  const properties = propertiesOf(schema).map(([, property]) => property);
  return [...(branchesOf(schema) ?? []), ...properties, ...(items === undefined ? [] : [items])];
}

function acceptsNull(schema: JsonSchema): boolean {
  const values = 'const' in schema ? [schema['const']] : schema['enum'];
  if (Array.isArray(values)) return values.includes(null);
  return schema['type'] === 'null' || (branchesOf(schema) ?? []).some(acceptsNull);
}

function optionalIn(schema: JsonSchema): (name: string) => boolean {
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  return (name) => !required.includes(name);
}

function propertiesOf(schema: JsonSchema): [string, JsonSchema][] {
  return isRecord(schema['properties']) ? (Object.entries(schema['properties']) as [string, JsonSchema][]) : [];
}

function branchesOf(schema: JsonSchema): JsonSchema[] | undefined {
  return Array.isArray(schema['anyOf']) ? (schema['anyOf'] as JsonSchema[]) : undefined;
}

function itemsOf(schema: JsonSchema): JsonSchema | undefined {
  return isRecord(schema['items']) ? schema['items'] : undefined;
}

/** Strict mode requires a type next to listed values. */
function typesOf(values: readonly unknown[]): string | string[] {
  const types = [...new Set(values.map(kindOf))];
  return types.length === 1 && types[0] !== undefined ? types[0] : types;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}
