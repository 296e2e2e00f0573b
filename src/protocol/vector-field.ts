import type { JsonSchema } from './messages.ts';

/** The field that takes the vector: the only property of a schema, if it is an array of numbers. */
export function vectorFieldOf(schema: JsonSchema | undefined): string | undefined {
  const properties = schema?.['properties'];
  if (!isRecord(properties)) return undefined;
  const [[name, property] = ['', undefined], ...others] = Object.entries(properties);
  if (others.length > 0 || !isRecord(property) || property['type'] !== 'array') return undefined;
  const { items } = property;
  return isRecord(items) && items['type'] === 'number' ? name : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
