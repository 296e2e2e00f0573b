import type { Json, JsonObject, JsonSchema } from '../../../protocol/messages.ts';

/** Most fields that are counted. */
const MOST = 50;
const MOST_LEVELS = 4;

/** A field of answers with few values. */
export interface CountedField {
  path: readonly string[];
  /** The values that its schema lists, as text. */
  values: readonly string[];
}

/** The fields of an answer whose schema lists their values, or says true or false; also those of objects in it. */
export function countedFields(schema: JsonSchema | undefined, path: readonly string[] = []): CountedField[] {
  const properties = objectOf(schema?.['properties']);
  if (properties === undefined || path.length === MOST_LEVELS) return [];
  return Object.entries(properties)
    .flatMap(([name, given]): CountedField[] => {
      const own = [...path, name];
      const field = objectOf(given);
      const values = valuesOf(field) ?? valuesOf(objectOf(field?.['items']));
      return values === undefined ? countedFields(field, own) : [{ path: own, values }];
    })
    .slice(0, MOST);
}

function valuesOf(field: JsonSchema | undefined): string[] | undefined {
  const { enum: listed, type } = field ?? {};
  if (Array.isArray(listed)) return listed.map(textOf);
  const types = Array.isArray(type) ? type.filter((one) => one !== 'null') : [type];
  return types.length === 1 && types[0] === 'boolean' ? ['true', 'false'] : undefined;
}

/** The values of a field in an answer, as text: none where it is missing, several where it is a list. */
export function valuesIn(answer: JsonObject, path: readonly string[]): string[] {
  let value: Json | undefined = answer;
  for (const name of path) value = objectOf(value)?.[name] as Json | undefined;
  if (value === undefined) return [];
  return Array.isArray(value) ? [...new Set(value.map(textOf))] : [textOf(value)];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function objectOf(value: unknown): { [name: string]: unknown } | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as { [name: string]: unknown }) : undefined;
}
