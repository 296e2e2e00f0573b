import { toLinearPattern } from './linear-pattern.ts';

/** Deeper ones may not compile: ajv recurses. */
const MAX_DEPTH = 50;
/** The types of JSON Schema. */
const TYPES = new Set(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string']);

const isText = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number' && Number.isFinite(value);
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const isFlag = (value: unknown) => typeof value === 'boolean';
const isList = (value: unknown) => Array.isArray(value);
const isChoice = (value: unknown) => Array.isArray(value) && value.length > 0;
const isNames = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every(isText) && new Set(value).size === value.length;
const isType = (value: unknown) =>
  isText(value) ? TYPES.has(String(value)) : isNames(value) && value.length > 0 && value.every((one) => TYPES.has(one));

/** Keywords that most schemas use, and what each may hold. */
const KEYWORDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  ...{ title: isText, description: isText, format: isText, default: () => true, examples: isList, deprecated: isFlag },
  ...{ type: isType, enum: isChoice, const: () => true, pattern: isPattern },
  ...{ minimum: isNumber, maximum: isNumber, exclusiveMinimum: isNumber, exclusiveMaximum: isNumber },
  ...{ minLength: isCount, maxLength: isCount, minItems: isCount, maxItems: isCount, uniqueItems: isFlag },
  ...{ minProperties: isCount, maxProperties: isCount, required: isNames },
};
/** Keywords that hold a schema, a list of schemas, or schemas by name. */
const OF_ONE = new Set(['additionalProperties', 'items', 'not']);
const OF_LIST = new Set(['anyOf', 'oneOf', 'allOf']);
const OF_NAMES = new Set(['properties', '$defs']);

/**
 * Whether a JSON Schema is valid and has only common keywords. Such a schema is known to compile without ajv, whose
 * loading and schema of schemas take more than 100 ms of a process.
 * Contract: true only for what the schema of schemas takes and what ajv compiles; false says nothing.
 */
export function isPlainSchema(schema: unknown, depth = 0): boolean {
  if (typeof schema === 'boolean') return true;
  if (!isMap(schema) || depth > MAX_DEPTH) return false;
  const areSchemas = (parts: unknown[]) => parts.every((part) => isPlainSchema(part, depth + 1));
  return Object.entries(schema).every(([keyword, value]) => {
    if (OF_ONE.has(keyword)) return areSchemas([value]);
    if (OF_LIST.has(keyword)) return Array.isArray(value) && value.length > 0 && areSchemas(value);
    if (OF_NAMES.has(keyword)) return isMap(value) && areSchemas(Object.values(value));
    return Object.hasOwn(KEYWORDS, keyword) && KEYWORDS[keyword]?.(value) === true;
  });
}

function isPattern(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    toLinearPattern(new RegExp(value, 'u'));
    return true;
  } catch {
    // ajv reports what is wrong with it.
    return false;
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
