import type { Ajv2020 } from 'ajv/dist/2020.js';
import type { DataValidationCxt } from 'ajv/dist/types/index.js';
import { canonicalJson } from '../json/canonical-json.ts';
import { approximate, ExactNumber } from '../json/exact-number.ts';
import { loadLater } from '../process/load-later.ts';

const ajvPackage = loadLater<typeof import('ajv/dist/2020.js')>('ajv/dist/2020.js');

/** The `this` of a check: the value with its exact numbers. The check itself sees the nearest JavaScript numbers. */
export interface ExactRoot {
  root: unknown;
}

/** Whether a schema names a whole number beyond 2^53, which other numbers would be equal to once rounded. */
export function holdsLongNumber(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
  if (value instanceof ExactNumber) return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsLongNumber);
}

/** The schema with ordinary numbers everywhere but in `enum` and `const`. */
export function approximateLimits(schema: unknown): unknown {
  if (schema instanceof ExactNumber) return approximate(schema);
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(approximateLimits);
  return Object.fromEntries(
    Object.entries(schema).map(([key, part]) => {
      const isValue = key === 'const' || (key === 'enum' && Array.isArray(part));
      return [key, isValue ? part : approximateLimits(part)];
    }),
  );
}

/** Makes `enum` and `const` compare every digit. Contract: checks are called with an {@link ExactRoot} as `this`. */
export function compareExactly(ajv: Ajv2020): void {
  const { _ } = ajvPackage();
  const exact = (root: ExactRoot, value: unknown, at?: Pick<DataValidationCxt, 'instancePath'>) =>
    // The name of a property is no number, and has the path of its object.
    canonicalJson(typeof value === 'string' ? value : valueAt(root.root, at?.instancePath ?? ''));
  ajv.removeKeyword('enum');
  ajv.addKeyword({
    keyword: 'enum',
    schemaType: 'array',
    validate(this: ExactRoot, allowed: unknown[], value: unknown, _schema?: unknown, at?: DataValidationCxt) {
      const wanted = exact(this, value, at);
      return allowed.some((one) => canonicalJson(one) === wanted);
    },
    error: {
      message: 'must be equal to one of the allowed values',
      params: ({ schemaCode }) => _`{allowedValues: ${schemaCode}}`,
    },
  });
  ajv.removeKeyword('const');
  ajv.addKeyword({
    keyword: 'const',
    validate(this: ExactRoot, allowed: unknown, value: unknown, _schema?: unknown, at?: DataValidationCxt) {
      return canonicalJson(allowed) === exact(this, value, at);
    },
    error: { message: 'must be equal to constant', params: ({ schemaCode }) => _`{allowedValue: ${schemaCode}}` },
  });
}

/** The part of a value at a JSON pointer. */
export function valueAt(value: unknown, pointer: string): unknown {
  const keys = pointer.split('/').slice(1);
  return keys.reduce((part: unknown, key) => {
    if (typeof part !== 'object' || part === null) return undefined;
    return (part as Record<string, unknown>)[key.replaceAll('~1', '/').replaceAll('~0', '~')];
  }, value);
}
