import * as z from 'zod';
import type { JsonSchema } from '../protocol/messages.ts';

/** Any JSON object. */
export const anyObject = z.record(z.string(), z.unknown());

/**
 * The JSON Schema of a zod object, in the subset that all clients and model providers accept: an object root, no `$ref`,
 * no list of types, no schema that is empty, no limits that only restate what a safe integer is.
 */
export function portableSchema(schema: z.ZodObject, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...document } = z.toJSONSchema(schema, { io });
  return portable(document);
}

function portable(node: JsonSchema): JsonSchema {
  // Alternatives that exclude each other (oneOf) are written as anyOf: dialects without oneOf refuse it.
  const { properties, items, oneOf, anyOf = oneOf, additionalProperties, propertyNames: _, ...rest } = node;
  if (rest['maximum'] === Number.MAX_SAFE_INTEGER) delete rest['maximum'];
  if (rest['minimum'] === Number.MIN_SAFE_INTEGER) delete rest['minimum'];
  const whole: JsonSchema = {
    ...rest,
    ...(isSchema(properties) ? { properties: mapValues(properties) } : {}),
    ...(isSchema(items) && !isEmpty(items) ? { items: portable(items) } : {}),
    ...(Array.isArray(anyOf) ? { anyOf: anyOf.map(portable) } : {}),
    ...(additionalProperties === undefined ? {} : { additionalProperties: further(additionalProperties) }),
  };
  return splitTypes(whole);
}

/** `type: [a, b]` as `anyOf`: clients with a dialect of one type refuse the list. The description stays outside. */
function splitTypes({ type, description, ...constraints }: JsonSchema): JsonSchema {
  const described = description === undefined ? {} : { description };
  if (!Array.isArray(type)) return { ...(type === undefined ? {} : { type }), ...described, ...constraints };
  const branches = type.map((one) => (one === 'null' ? { type: one } : { type: one, ...constraints }));
  return { anyOf: branches, ...described };
}

function mapValues(properties: JsonSchema): JsonSchema {
  return Object.fromEntries(
    Object.entries(properties).map(([name, one]) => [name, isSchema(one) ? portable(one) : one]),
  );
}

function further(additionalProperties: unknown): unknown {
  if (!isSchema(additionalProperties)) return additionalProperties;
  return isEmpty(additionalProperties) ? true : portable(additionalProperties);
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(schema: JsonSchema): boolean {
  return Object.keys(schema).length === 0;
}
