import type * as z from 'zod';
import { AppError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { isPlainSchema } from '../base/schema/plain-schema.ts';
import { compileSchema } from '../base/schema/schema.ts';
import { knownKeys } from './schema-keys.ts';

/** Something wrong in a definition. `path` leads to it from the definition. */
export interface Fault {
  path: readonly (string | number)[];
  /** The fault and its fix, as the end of a sentence that begins with the place. */
  message: string;
}

/** zod's issues (of a parse with `reportInput`) as faults. Each unknown key is a separate fault, with the nearest known key. */
export function faultsOf(error: z.ZodError, schema: z.ZodType, at: readonly (string | number)[] = []): Fault[] {
  return error.issues.flatMap(intendedIssues).flatMap((issue): Fault[] => {
    const path = [...at, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(schema, issue.path);
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, known) }));
    }
    if (issue.code === 'invalid_type' && issue.input === undefined) {
      return [{ path, message: `is missing (${issue.expected} expected)` }];
    }
    if (issue.code === 'invalid_type' && issue.expected === 'string' && typeof issue.input === 'number') {
      return [{ path, message: `is the number ${issue.input} and must be text; write it in quotes` }];
    }
    return [{ path, message: `is wrong: ${issue.message}` }];
  });
}

/** The issues of the form that was meant where a value may have several: those of the object for an object. */
function intendedIssues(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const isOtherType = ({ code, path }: z.core.$ZodIssue) => code === 'invalid_type' && path.length === 0;
  const meant = issue.errors.find((issues) => !issues.some(isOtherType)) ?? [];
  if (meant.length === 0) return [issue];
  return meant.flatMap((one) => intendedIssues({ ...one, path: [...issue.path, ...one.path] }));
}

function unknownKey(key: string, known: string[]): string {
  const near = nearest(key, known);
  return `is not a known key; ${near === undefined ? `the keys here are ${known.join(', ')}` : `did you mean "${near}"?`}`;
}

/** Runs a check that may throw an AppError; returns its message as a fault. */
export function faultFrom(path: readonly (string | number)[], check: () => unknown): Fault[] {
  try {
    check();
    return [];
  } catch (thrown) {
    if (thrown instanceof AppError) return [{ path, message: `is wrong: ${thrown.message.replace(/\.$/, '')}` }];
    throw thrown;
  }
}

/** The faults of a JSON Schema that must describe an object: rows map to its properties, and answers to columns. */
export function objectSchemaFaults(schema: Record<string, unknown>, path: readonly (string | number)[]): Fault[] {
  if (schema['type'] !== 'object') {
    return [{ path: [...path, 'type'], message: 'must be "object": its properties are the fields' }];
  }
  return isPlainSchema(schema) ? [] : faultFrom(path, () => compileSchema(schema, 'it'));
}

/** Whether the value is a mapping. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `agents[0].tools[1].http.url` */
export function formatPath(path: readonly (string | number)[]): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}
