import { ExactNumber, parseJson } from '../base/json/exact-number.ts';
import { repeatedKey } from '../base/json/repeated-key.ts';
import type { Json, JsonObject, JsonSchema } from '../protocol/messages.ts';

/** Fields that clients add to every call on their own. */
const ADDED_BY_CLIENTS = ['toolCallId'];

/**
 * Reads arguments as clients send them where nothing is lost: objects and lists as JSON text, numbers and booleans as
 * text, null for an optional field, fields that clients add. A model can't correct its client. Everything else stays as
 * it is, so that the tool reports it. A text where the schema allows text stays a text.
 * @param schema the published JSON Schema of the tool's input
 */
export function lenientArguments(given: JsonObject, schema: JsonSchema): JsonObject {
  const known = propertiesOf(schema);
  const own = Object.entries(given).filter(([name]) => Object.hasOwn(known, name) || !ADDED_BY_CLIENTS.includes(name));
  return readObject(Object.fromEntries(own), schema);
}

function read(value: Json, schema: JsonSchema): Json {
  const kinds = alternativesOf(schema);
  if (typeof value === 'string') {
    const parsed = fromText(value, kinds);
    return parsed === undefined ? value : read(parsed, schema);
  }
  if (Array.isArray(value)) {
    const items = kinds.find(({ type }) => type === 'array')?.['items'];
    return isSchema(items) ? value.map((item) => read(item, items)) : value;
  }
  if (typeof value !== 'object' || value === null || value instanceof ExactNumber) return value;
  const fitting = objectSchema(value, kinds);
  return fitting === undefined ? value : readObject(value, fitting);
}

/** What a text means where text is not allowed; undefined where it means nothing else without loss. */
function fromText(text: string, kinds: JsonSchema[]): Json | undefined {
  const allows = (type: string) => kinds.some((kind) => kind['type'] === type);
  const isText = kinds.some((kind) => kind['type'] === 'string' || kind['type'] === undefined);
  if (isText) return undefined;
  if (allows('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if ((allows('number') || allows('integer')) && isExactNumber(text)) return Number(text);
  if (!allows('object') && !allows('array')) return undefined;
  const parsed = jsonOf(text);
  if (Array.isArray(parsed)) return allows('array') ? parsed : undefined;
  return typeof parsed === 'object' && parsed !== null && allows('object') ? parsed : undefined;
}

const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/;
/** Every decimal of this many digits is a different number. */
const EXACT_DIGITS = 15;

/** Whether a number holds a decimal text exactly. */
function isExactNumber(text: string): boolean {
  return DECIMAL.test(text) && text.replaceAll(/\D/g, '').length <= EXACT_DIGITS;
}

function readObject(given: JsonObject, schema: JsonSchema): JsonObject {
  const properties = propertiesOf(schema);
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const others = isSchema(schema['additionalProperties']) ? schema['additionalProperties'] : undefined;
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, value]): [string, Json][] => {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      const field = known ?? others;
      if (field === undefined) return [[name, value]];
      const isLeftOut = value === null && known !== undefined && !required.includes(name) && !allowsNull(field);
      return isLeftOut ? [] : [[name, read(value, field)]];
    }),
  );
}

/** The alternative of objects that a value means: by its constants, else the first. */
function objectSchema(value: JsonObject, kinds: JsonSchema[]): JsonSchema | undefined {
  const objects = kinds.filter(({ type }) => type === 'object');
  const named = objects.find((kind) =>
    Object.entries(propertiesOf(kind)).some(([name, field]) => 'const' in field && field['const'] === value[name]),
  );
  return named ?? objects[0];
}

function alternativesOf(schema: JsonSchema): JsonSchema[] {
  const { anyOf } = schema;
  return Array.isArray(anyOf) ? anyOf.filter(isSchema).flatMap(alternativesOf) : [schema];
}

function allowsNull(schema: JsonSchema): boolean {
  return alternativesOf(schema).some((kind) => kind['type'] === 'null' || kind['type'] === undefined);
}

function propertiesOf(schema: JsonSchema): Record<string, JsonSchema> {
  const { properties } = schema;
  return isSchema(properties) ? (properties as Record<string, JsonSchema>) : {};
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function jsonOf(text: string): Json | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const value = parseJson(text) as Json;
    return repeatedKey(text) === undefined ? value : undefined;
  } catch {
    // Text that is no JSON, or of which a part would be lost, stays text; the tool reports it.
    return undefined;
  }
}
