import { isDeepStrictEqual } from 'node:util';
import type { JsonSchema } from '../../../protocol/messages.ts';
import type { FieldShape, SchemaDifference } from '../../contract/report/plan.ts';

const PARTS = ['type', 'required', 'values', 'description'] as const;
const PLAIN_TYPES: readonly unknown[] = ['string', 'number', 'integer', 'boolean'];

/** The fields that differ between two schemas of an answer. Other keywords, such as bounds and patterns, are not compared. */
export function compareFields(yours: JsonSchema, agents: JsonSchema): SchemaDifference['changes'] {
  const [own, theirs] = [fieldsOf(yours), fieldsOf(agents)];
  const ofYours = [...own].flatMap(([field, shape]): SchemaDifference['changes'] => {
    const other = theirs.get(field);
    if (other === undefined) return [{ field, change: 'added', parts: [], yours: shape, agents: null }];
    const parts = PARTS.filter((part) => !isDeepStrictEqual(comparable(shape[part]), comparable(other[part])));
    return parts.length === 0 ? [] : [{ field, change: 'changed', parts, yours: shape, agents: other }];
  });
  const removed = [...theirs].flatMap(([field, shape]): SchemaDifference['changes'] =>
    own.has(field) ? [] : [{ field, change: 'removed', parts: [], yours: null, agents: shape }],
  );
  const all = [...ofYours, ...removed];
  const isInside = (field: string) =>
    all.some((outer) => outer.change !== 'changed' && field.startsWith(`${outer.field}.`));
  return all.filter(({ field }) => !isInside(field));
}

/** The order of allowed values has no meaning. */
function comparable(part: FieldShape[keyof FieldShape]): unknown {
  return Array.isArray(part) ? part.toSorted() : part;
}

/** The fields of a schema by their paths, those of an object after it. */
function fieldsOf(schema: JsonSchema, path = ''): Map<string, FieldShape> {
  const required: readonly unknown[] = Array.isArray(schema['required']) ? schema['required'] : [];
  const found = new Map<string, FieldShape>();
  for (const [name, property] of Object.entries(objectIn(schema['properties']))) {
    const { shape, inner } = shapeOf(objectIn(property), required.includes(name));
    found.set(`${path}${name}`, shape);
    for (const [field, one] of inner === undefined ? [] : fieldsOf(inner, `${path}${name}.`)) found.set(field, one);
  }
  return found;
}

function shapeOf(property: JsonSchema, isListed: boolean): { shape: FieldShape; inner: JsonSchema | undefined } {
  const isList = typesOf(property).includes('array');
  const one = isList ? objectIn(property['items']) : property;
  const values = Array.isArray(one['enum']) ? one['enum'].filter((value) => value !== null) : null;
  const type = typeOf(one, values);
  const mayBeNull = [property['type']].flat().includes('null');
  const { description } = property;
  return {
    shape: {
      type: isList && type !== 'other' ? `${type}[]` : type,
      required: isListed && !mayBeNull,
      values: values === null ? null : values.map(textOf),
      description: typeof description === 'string' && description !== '' ? description : null,
    },
    inner: type === 'object' ? one : undefined,
  };
}

function typeOf(schema: JsonSchema, values: readonly unknown[] | null): string {
  const [type, ...others] = typesOf(schema);
  if (others.length > 0) return 'other';
  if (type === 'string' && values !== null) return 'enum';
  if (type === 'object') return schema['properties'] === undefined ? 'other' : 'object';
  return PLAIN_TYPES.includes(type) ? String(type) : 'other';
}

function typesOf({ type }: JsonSchema): unknown[] {
  return [type].flat().filter((one) => one !== 'null');
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function objectIn(value: unknown): JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonSchema) : {};
}
