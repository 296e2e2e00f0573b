import type { AnswerField } from '../draft/draft-request.ts';

/** The types of a field inside another one. */
export const INNER_TYPES = [
  ...(['string', 'number', 'integer', 'boolean', 'enum'] as const),
  ...(['string[]', 'number[]', 'integer[]', 'boolean[]', 'enum[]'] as const),
];

/** The types that a field can have in the table of fields. */
export const FIELD_TYPES = [...INNER_TYPES, ...(['object', 'object[]'] as const)];

/** A type as the table of fields shows it. */
export type FieldType = (typeof FIELD_TYPES)[number];

type PlainType = NonNullable<AnswerField['type']>;

/** The type of a field, as it is shown. */
export function typeOf({ type = 'string', values, list = false }: AnswerField): FieldType {
  const one = values === undefined ? type : 'enum';
  return list ? `${one}[]` : one;
}

/** A field with another type; the values of an enum and the fields of an object stay where both have them. */
export function withType(field: AnswerField, shown: FieldType): AnswerField {
  const { values, fields, list: _, type: __, ...rest } = field;
  const isList = shown.endsWith('[]');
  const one = shown.replace('[]', '') as PlainType | 'enum';
  return {
    ...rest,
    type: one === 'enum' ? 'string' : one,
    ...(one === 'enum' && { values: values ?? [] }),
    ...(one === 'object' && { fields: fields ?? [{ name: 'field_1', type: 'string' }] }),
    ...(isList && { list: true }),
  };
}

type Schema = { [key: string]: unknown };

/** The fields of the answer as JSON Schema. A field that is not required may be null. */
export function schemaOf(fields: readonly AnswerField[]): Schema {
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map((field) => [field.name, propertyOf(field)])),
    required: fields.flatMap(({ name, nullable = false }) => (nullable ? [] : [name])),
    additionalProperties: false,
  };
}

function propertyOf(field: AnswerField): Schema {
  const { type = 'string', values, fields, list = false, nullable = false, description } = field;
  const one: Schema =
    fields === undefined ? { type, ...(values !== undefined && { enum: values }) } : schemaOf(fields as AnswerField[]);
  const whole: Schema = list ? { type: 'array', items: one } : one;
  const open = nullable
    ? { ...whole, type: [whole['type'], 'null'], ...(enumOf(whole) && { enum: [...(enumOf(whole) ?? []), null] }) }
    : whole;
  return { ...open, ...(description !== undefined && { description }) };
}

function enumOf(schema: Schema): unknown[] | undefined {
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined;
}

/**
 * The fields that a JSON Schema describes.
 * @throws Error in words when it is no such schema
 */
export function fieldsOf(schema: unknown): AnswerField[] {
  if (!isObject(schema) || schema['type'] !== 'object') {
    throw new Error('The schema must be {"type": "object", "properties": {…}}.');
  }
  return fieldsAt(schema, '');
}

function fieldsAt(schema: Schema, place: string): AnswerField[] {
  const { properties } = schema;
  if (!isObject(properties)) throw new Error(`${place === '' ? 'The schema' : place} must have properties.`);
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  return Object.entries(properties).map(([name, property]) =>
    fieldOf(name, property, {
      isRequired: required.has(name),
      place: `${place === '' ? '' : `${place}.`}properties.${name}`,
    }),
  );
}

function fieldOf(
  name: string,
  property: unknown,
  { isRequired, place }: { isRequired: boolean; place: string },
): AnswerField {
  if (!isObject(property)) throw new Error(`${place} must be an object.`);
  const all = [property['type']].flat();
  const types = all.filter((type) => type !== 'null');
  const isList = types[0] === 'array';
  const one = isList ? property['items'] : { ...property, type: types[0] };
  if (!isObject(one)) throw new Error(`${place}.items must be an object.`);
  const { type, description, enum: values } = one;
  const plain = [type].flat().find((each) => each !== 'null');
  const inner = plain === 'object' ? fieldsAt(one, place) : undefined;
  if (inner?.some(({ fields }) => fields !== undefined)) {
    throw new Error(`${place} has an object inside an object. One level is possible.`);
  }
  if (types.length !== 1 || (inner === undefined && !isPlain(plain))) {
    throw new Error(
      `${place} must have one type: string, number, integer, boolean, object, or a list of one of these.`,
    );
  }
  const texts = Array.isArray(values) ? values.filter((value) => value !== null) : undefined;
  if (texts !== undefined && (plain !== 'string' || texts.some((value) => typeof value !== 'string'))) {
    throw new Error(`${place}.enum must be a list of texts.`);
  }
  const said = isList ? property['description'] : description;
  return {
    ...{ name, type: plain as PlainType },
    ...(inner !== undefined && { fields: inner as NonNullable<AnswerField['fields']> }),
    ...(texts !== undefined && { values: texts as string[] }),
    ...(isList && { list: true }),
    ...((!isRequired || all.includes('null')) && { nullable: true }),
    ...(typeof said === 'string' && said !== '' && { description: said }),
  };
}

function isPlain(type: unknown): type is PlainType {
  return type === 'string' || type === 'number' || type === 'integer' || type === 'boolean';
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
