import type { AnySchemaObject, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import * as z from 'zod';
import { AppError } from '../errors.ts';
import { approximate } from '../json/exact-number.ts';
import { approximateLimits, type ExactRoot, holdsLongNumber, valueAt } from './exact-keywords.ts';
import { checkSchema, createAjv } from './linear-ajv.ts';

/** A JSON Schema inside one of our own documents: an object, not checked until {@link compileSchema}. */
export const unparsedSchema = z.record(z.string(), z.unknown());

/** In a larger value, only the first fault is reported: a fault for each of a million items takes all memory. */
const MAX_PARTS_OF_ALL_FAULTS = 20_000;
/**
 * References that one check may follow, and more for each part of the value. Alternatives that refer to themselves take
 * exponential time; every other schema stays far below.
 */
const MAX_REFERENCES = 200_000;
const MAX_REFERENCES_PER_PART = 20;
/** Faults that are described, before equal sentences are dropped. */
const MAX_DESCRIBED = 200;
/** How much of a property's name is shown, in characters. */
const MAX_NAME_LENGTH = 200;
/** How much of a list of allowed values is shown, in characters. */
const MAX_ALLOWED_LENGTH = 1000;

/**
 * Checks values against one schema. An exact number is checked as the nearest JavaScript number, but `enum` and `const`
 * compare every digit.
 * Contract: never throws; `errors` name the path and what was expected.
 */
export type Validator = (
  value: unknown,
) => { valid: true } | { valid: false; errors: string[]; wrongTypes?: WrongType[] };

/** A place in a value whose type is wrong, and the types that the schema accepts there. */
export interface WrongType {
  path: string[];
  types: string[];
}

/** Validators that are kept: a start compiles the same two schemas for its plan, its estimate and its rows. */
const MAX_KEPT = 50;
const kept = new Map<string, Validator>();

/**
 * Compiles a user's JSON Schema (2020-12), or takes the validator of an equal one. The time of a check is bounded:
 * patterns run on RE2, and a check that follows too many references ends with a fault.
 * @param place what the schema is, for messages: `structured_output.schema of agent x@v1`
 * @throws AppError `agents_invalid` when the schema itself is wrong, or has a pattern that RE2 can't express
 */
export function compileSchema(schema: { [key: string]: unknown }, place: string): Validator {
  try {
    const text = JSON.stringify(schema);
    const known = kept.get(text);
    if (known !== undefined) return known;
    const validator = compile(schema);
    if (kept.size >= MAX_KEPT) kept.clear();
    kept.set(text, validator);
    return validator;
  } catch (cause) {
    const isCircle = cause instanceof RangeError;
    const reason = isCircle
      ? 'it is nested too deeply, or its references lead in a circle'
      : cause instanceof Error
        ? cause.message
        : String(cause);
    throw new AppError('agents_invalid', `${place} is not a valid JSON Schema: ${reason}.`, { cause });
  }
}

function compile(schema: { [key: string]: unknown }): Validator {
  const isExact = holdsLongNumber(schema);
  const checked = isExact ? (approximateLimits(schema) as AnySchemaObject) : schema;
  const references = { left: 0 };
  const parts = {
    isExact,
    onReference: () => {
      references.left -= 1;
      if (references.left < 0) throw new TooManyReferences();
    },
  };
  checkSchema(isExact ? (approximate(schema) as AnySchemaObject) : schema);
  const validate = createAjv({ allErrors: true, ...parts }).compile(checked);
  let firstFault: ValidateFunction | undefined;
  return (given) => {
    try {
      const value = approximate(given);
      let check = validate;
      const count = countParts(value);
      if (count > MAX_PARTS_OF_ALL_FAULTS) {
        firstFault ??= createAjv({ allErrors: false, ...parts }).compile(checked);
        check = firstFault;
      }
      references.left = MAX_REFERENCES + count * MAX_REFERENCES_PER_PART;
      if (check.call({ root: given } satisfies ExactRoot, value)) return { valid: true };
      const errors = check.errors ?? [];
      return {
        valid: false,
        errors: describe(errors, given),
        wrongTypes: errors.slice(0, MAX_WRONG_TYPES).flatMap(toWrongType),
      };
    } catch (thrown) {
      if (thrown instanceof TooManyReferences) return { valid: false, errors: [TOO_MANY] };
      if (!(thrown instanceof RangeError)) throw thrown;
      return { valid: false, errors: ['the value is nested too deeply to be checked'] };
    }
  };
}

/** Ends a check whose time would grow exponentially. */
class TooManyReferences extends Error {}
const TOO_MANY =
  'the value takes too long to be checked: the alternatives of the schema refer to themselves; give each alternative a const that only it allows, or fewer alternatives';

/** More places than a model gets wrong by habit. */
const MAX_WRONG_TYPES = 200;

function toWrongType({ keyword, instancePath, params }: ErrorObject): WrongType[] {
  if (keyword !== 'type') return [];
  const path = instancePath.split('/').slice(1);
  const types: string[] = [params['type']].flat().map(String);
  return [{ path: path.map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~')), types }];
}

/** One sentence for each fault, at most 20. */
function describe(errors: ErrorObject[], value: unknown): string[] {
  const sentences = errors.slice(0, MAX_DESCRIBED).map((error) => {
    const path = shortened(error.instancePath.slice(1).replaceAll('/', '.'));
    const place = error.instancePath === '' ? 'the value' : `"${path}"`;
    const isNumber = typeof error.data === 'number';
    const found = brief(isNumber ? valueAt(value, error.instancePath) : error.data);
    switch (error.keyword) {
      case 'required':
        return `${place} lacks the required field "${error.params['missingProperty']}"`;
      case 'additionalProperties':
        return `${place} has the unknown field "${shortened(error.params['additionalProperty'])}"`;
      case 'enum':
        return `${place} must be one of ${brief(error.params['allowedValues'], MAX_ALLOWED_LENGTH)} (it is ${found})`;
      default:
        return `${place} ${error.message ?? 'is wrong'} (it is ${found})`;
    }
  });
  return [...new Set(sentences)].slice(0, 20);
}

function shortened(name: string): string {
  return name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name;
}

function brief(value: unknown, most = 60): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > most ? `${text.slice(0, most - 3)}…` : text;
}

/** How many items and properties a value has, at any depth. */
function countParts(value: unknown): number {
  const waiting = [value];
  let count = 0;
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (typeof next !== 'object' || next === null) continue;
    const parts: unknown[] = Array.isArray(next) ? next : Object.values(next);
    count += parts.length;
    for (const part of parts) if (typeof part === 'object') waiting.push(part);
  }
  return count;
}

/** One sentence for each fault that zod found: `path: what is wrong`. */
export function describeZodError(error: z.ZodError): string[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String).join('.');
    if (issue.code === 'invalid_union') {
      const nested = issue.errors.flatMap((issues) => issues.map((inner) => inner.message));
      if (nested.length > 0) return [`${path === '' ? 'the value' : path}: ${[...new Set(nested)].join('; or ')}`];
    }
    return [`${path === '' ? 'the value' : path}: ${issue.message}`];
  });
}
