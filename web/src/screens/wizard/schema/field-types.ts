import type { AnswerField } from '../draft/draft-request.ts';

/** The types that a field can have in the table of fields. */
export const FIELD_TYPES = [
  ...(['string', 'number', 'integer', 'boolean', 'enum'] as const),
  ...(['string[]', 'number[]', 'integer[]', 'boolean[]', 'enum[]'] as const),
];

/** A type as the table of fields shows it. */
export type FieldType = (typeof FIELD_TYPES)[number];

type PlainType = NonNullable<AnswerField['type']>;

/** The type of a field, as it is shown. */
export function typeOf({ type = 'string', values, list = false }: AnswerField): FieldType {
  const one = values === undefined ? type : 'enum';
  return list ? `${one}[]` : one;
}

/** A field with another type; the values of an enum stay where both are enums. */
export function withType(field: AnswerField, shown: FieldType): AnswerField {
  const { values, list: _, type: __, ...rest } = field;
  const isList = shown.endsWith('[]');
  const one = shown.replace('[]', '') as PlainType | 'enum';
  return {
    ...rest,
    type: one === 'enum' ? 'string' : one,
    ...(one === 'enum' && { values: values ?? [] }),
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

function propertyOf({ type = 'string', values, list = false, nullable = false, description }: AnswerField): Schema {
  const one: Schema = { type, ...(values !== undefined && { enum: values }) };
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
  if (!isObject(schema) || schema['type'] !== 'object' || !isObject(schema['properties'])) {
    throw new Error('The schema must be {"type": "object", "properties": {…}}.');
  }
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  return Object.entries(schema['properties']).map(([name, property]) => fieldOf(name, property, required.has(name)));
}

function fieldOf(name: string, property: unknown, isRequired: boolean): AnswerField {
  if (!isObject(property)) throw new Error(`properties.${name} must be an object.`);
  const types = [property['type']].flat().filter((type) => type !== 'null');
  const isList = types[0] === 'array';
  const one = isList ? property['items'] : { ...property, type: types[0] };
  if (!isObject(one)) throw new Error(`properties.${name}.items must be an object.`);
  const { type, description, enum: values } = one;
  const plain = [type].flat().find((each) => each !== 'null');
  if (types.length !== 1 || !isPlain(plain)) {
    throw new Error(
      `properties.${name} must have one type: string, number, integer, boolean, or a list of one of these.`,
    );
  }
  const texts = Array.isArray(values) ? values.filter((value) => value !== null) : undefined;
  if (texts !== undefined && (plain !== 'string' || texts.some((value) => typeof value !== 'string'))) {
    throw new Error(`properties.${name}.enum must be a list of texts.`);
  }
  const said = isList ? property['description'] : description;
  return {
    ...{ name, type: plain },
    ...(texts !== undefined && { values: texts as string[] }),
    ...(isList && { list: true }),
    ...(!isRequired && { nullable: true }),
    ...(typeof said === 'string' && said !== '' && { description: said }),
  };
}

function isPlain(type: unknown): type is PlainType {
  return type === 'string' || type === 'number' || type === 'integer' || type === 'boolean';
}

function isObject(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
