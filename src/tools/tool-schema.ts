import * as z from 'zod';
import type { JsonSchema } from '../messages.ts';

/** A strict object whose error for an unknown field names the field and the ones that exist. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const names = issue.keys.map((key) => `"${key}"`).join(', ');
      return `unknown field ${names}; the fields are: ${known}`;
    },
  });
}

/** Any JSON object. */
export const anyObject = z.record(z.string(), z.unknown());

/**
 * The JSON Schema of a zod object, in the subset that every client and model provider takes: an object root, no `$ref`,
 * no list of types, no schema that is empty, no limits that only restate what a safe integer is.
 */
export function portableSchema(schema: z.ZodObject, io: 'input' | 'output'): JsonSchema {
  const { $schema: _, ...document } = z.toJSONSchema(schema, {
    io,
    override: ({ jsonSchema }) => {
      if (isEmpty(jsonSchema.additionalProperties)) jsonSchema.additionalProperties = true;
      if (isEmpty(jsonSchema.items)) delete jsonSchema.items;
      if (jsonSchema.propertyNames !== undefined) delete jsonSchema.propertyNames;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      splitTypes(jsonSchema);
    },
  });
  return document;
}

/** `type: [a, b]` as `anyOf`: clients with a dialect of one type refuse the list. The description stays outside. */
function splitTypes(jsonSchema: z.core.JSONSchema.BaseSchema): void {
  const { type, description, ...constraints } = jsonSchema;
  if (!Array.isArray(type)) return;
  for (const key of Object.keys(jsonSchema)) delete jsonSchema[key];
  jsonSchema.anyOf = type.map((one) => (one === 'null' ? { type: one } : { ...constraints, type: one }));
  if (description !== undefined) jsonSchema.description = description;
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
