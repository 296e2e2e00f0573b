import * as z from 'zod';
import { nearest } from '../nearest.ts';

/** A strict object. Its error for an unknown field names the field, the nearest one, and all that exist. */
export function strict<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape);
  const object = z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const names = issue.keys.map((key) => `"${key}"${meant(key, known)}`).join(', ');
      return `unknown field ${names}; the fields are: ${known.join(', ')}`;
    },
  });
  if (!Object.values(shape).some((field) => field instanceof z.ZodExactOptional)) return object;
  // The OpenAPI document would name them as required: their schemas do not take undefined.
  const required = known.filter((name) => !isOptional(shape[name]));
  return object.meta({ required });
}

function isOptional(field: z.core.$ZodType | undefined): boolean {
  return field === undefined || field instanceof z.ZodExactOptional || z.safeParse(field, undefined).success;
}

function meant(key: string, known: string[]): string {
  const candidate = nearest(key, known);
  return candidate === undefined ? '' : ` (did you mean "${candidate}"?)`;
}
