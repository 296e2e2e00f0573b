import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import * as z from 'zod';
import { AppError } from './errors.ts';
import { approximate } from './exact-number.ts';

/** A JSON Schema inside one of our own documents: an object, not checked until {@link compileSchema}. */
export const unparsedSchema = z.record(z.string(), z.unknown());

/**
 * Checks values against one schema; an exact number is checked as the nearest JavaScript number.
 * Contract: never throws; `errors` name the path and what was expected.
 */
export type Validator = (value: unknown) => { valid: true } | { valid: false; errors: string[] };

const OPTIONS = { allErrors: true, strict: false, strictNumbers: true, logger: false, verbose: true } as const;

let schemaChecker: Ajv2020 | undefined;

/** Compiling the schema of schemas takes 20 ms, the first time 60 ms: one compilation serves all checks. */
function checkSchema(schema: { [key: string]: unknown }): void {
  if (schemaChecker === undefined) {
    schemaChecker = new Ajv2020(OPTIONS);
    addFormats.default(schemaChecker);
  }
  void schemaChecker.validateSchema(schema, true);
}

/**
 * Compiles a user's JSON Schema (2020-12) once.
 * @param place what the schema is, for messages: `structured_output.schema of agent x@v1`
 * @throws AppError `agents_invalid` when the schema itself is wrong
 */
export function compileSchema(schema: { [key: string]: unknown }, place: string): Validator {
  const ajv = new Ajv2020({ ...OPTIONS, validateSchema: false });
  addFormats.default(ajv);
  let validate: ValidateFunction;
  try {
    checkSchema(schema);
    validate = ajv.compile(schema);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('agents_invalid', `${place} is not a valid JSON Schema: ${reason}.`, { cause });
  }
  return (given) => {
    const value = approximate(given);
    if (validate(value)) return { valid: true };
    return { valid: false, errors: describe(validate.errors ?? []) };
  };
}

/** One sentence for each fault, at most 20. */
function describe(errors: ErrorObject[]): string[] {
  const sentences = errors.map((error) => {
    const place = error.instancePath === '' ? 'the value' : `"${error.instancePath.slice(1).replaceAll('/', '.')}"`;
    switch (error.keyword) {
      case 'required':
        return `${place} lacks the required field "${error.params['missingProperty']}"`;
      case 'additionalProperties':
        return `${place} has the unknown field "${error.params['additionalProperty']}"`;
      case 'enum':
        return `${place} must be one of ${JSON.stringify(error.params['allowedValues'])} (it is ${brief(error.data)})`;
      default:
        return `${place} ${error.message ?? 'is wrong'} (it is ${brief(error.data)})`;
    }
  });
  return [...new Set(sentences)].slice(0, 20);
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
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
