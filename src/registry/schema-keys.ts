import type * as z from 'zod';
import type { $ZodType } from 'zod/v4/core';

/** The keys that a zod schema knows at a path; empty if any key is allowed. Used to name the nearest known key. */
export function knownKeys(schema: z.ZodType, path: readonly PropertyKey[]): string[] {
  let at: $ZodType | undefined = unwrap(schema);
  for (const step of path) at = child(at, step);
  const def = at?._zod.def as Definition | undefined;
  return def?.type === 'object' ? Object.keys(def.shape ?? {}) : [];
}

interface Definition {
  type: string;
  innerType?: $ZodType;
  element?: $ZodType;
  shape?: Record<string, $ZodType>;
  options?: $ZodType[];
}

function child(schema: $ZodType | undefined, step: PropertyKey): $ZodType | undefined {
  const def = schema?._zod.def as Definition | undefined;
  const found = typeof step === 'number' ? def?.element : def?.shape?.[String(step)];
  return found === undefined ? undefined : unwrap(found);
}

/** Through `.default()` and `.optional()`, and to the object where a value may have several forms. */
function unwrap(schema: $ZodType): $ZodType {
  const { innerType, options } = schema._zod.def as unknown as Definition;
  const within = innerType ?? options?.find((option) => (option._zod.def as Definition).type === 'object');
  return within === undefined ? schema : unwrap(within);
}
