import type { Ajv2020, Format } from 'ajv/dist/2020.js';
import { canonicalJson } from '../json/canonical-json.ts';
import { loadLater } from '../process/load-later.ts';
import { compareExactly } from './exact-keywords.ts';
import { toLinearPattern } from './linear-pattern.ts';
import { isPlainSchema } from './plain-schema.ts';

const ajvPackage = loadLater<typeof import('ajv/dist/2020.js')>('ajv/dist/2020.js');
const formats = loadLater<typeof import('ajv-formats')>('ajv-formats');

/** `ownProperties`: what every object inherits, such as `constructor`, is no property of a value. */
const OPTIONS = { strict: false, strictNumbers: true, logger: false, verbose: true, ownProperties: true } as const;

/**
 * Longest text that a format such as `email` is checked on, in characters; a longer one is not of that format. Some of
 * the expressions behind formats take quadratic time. `byte` and `binary` have no such limit.
 */
const MAX_FORMATTED_LENGTH = 8192;
const UNLIMITED_FORMATS = ['byte', 'binary', 'password'];

/**
 * Patterns of schemas on RE2. Ajv wants the name that it would print in generated code, and keeps one pattern for each
 * text of `toString`.
 */
const linearRegExp = Object.assign(
  (pattern: string, flags: string) => {
    const regex = toLinearPattern(new RegExp(pattern, flags));
    return { test: (text: string) => regex.matcher(text).find(), toString: () => `/${pattern}/${flags}` };
  },
  { code: 'linearRegExp' },
);

/** Arguments of {@link createAjv}. */
interface AjvParts {
  allErrors: boolean;
  isExact: boolean;
  onReference: () => void;
}

/**
 * Ajv for JSON Schemas of others: the time of a check is linear in the value, apart from references within alternatives.
 * @param isExact `enum` and `const` compare every digit, see {@link compareExactly}
 * @param onReference is called each time that a check follows a reference; it may throw
 */
export function createAjv({ allErrors, isExact, onReference }: AjvParts): Ajv2020 {
  const code = { regExp: linearRegExp };
  const ajv = new (ajvPackage().Ajv2020)({ ...OPTIONS, allErrors, passContext: isExact, validateSchema: false, code });
  formats().default(ajv);
  if (isExact) compareExactly(ajv);
  watchReferences(ajv, onReference);
  for (const [name, format] of Object.entries(ajv.formats)) {
    if (format !== undefined && !UNLIMITED_FORMATS.includes(name)) ajv.addFormat(name, limited(format));
  }
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    validate: (wanted: boolean, items: unknown[]) => !wanted || new Set(items.map(canonicalJson)).size === items.length,
    error: { message: 'must not have the same item twice' },
  });
  return ajv;
}

/** Makes every check call `onReference` where it follows a reference. */
function watchReferences(ajv: Ajv2020, onReference: () => void): void {
  for (const keyword of ['$ref', '$dynamicRef']) {
    const rule = ajv.RULES.all[keyword];
    if (typeof rule !== 'object' || !('code' in rule.definition)) continue;
    const { definition } = rule;
    rule.definition = {
      ...definition,
      code(context, type) {
        const { gen } = context;
        const { _ } = ajvPackage();
        gen.code(_`${gen.scopeValue('func', { ref: onReference })}()`);
        definition.code(context, type);
      },
    };
  }
}

let schemaChecker: Ajv2020 | undefined;

/**
 * Checks a schema by the schema of schemas. Compiling that one takes 20 ms, the first time 60 ms: one compilation serves
 * all checks, and a plain schema needs none.
 * @throws Error with every fault in its message
 */
export function checkSchema(schema: { [key: string]: unknown }): void {
  if (isPlainSchema(schema)) return;
  if (schemaChecker === undefined) {
    schemaChecker = new (ajvPackage().Ajv2020)({ ...OPTIONS, allErrors: true });
    formats().default(schemaChecker);
  }
  void schemaChecker.validateSchema(schema, true);
}

/** What `ajv.formats` holds. */
type AddedFormat = Exclude<Format, string>;

function limited(format: AddedFormat): AddedFormat {
  const { validate, type } = isDefinition(format) ? format : { validate: format, type: undefined };
  if (type === 'number' || typeof validate === 'string' || typeof validate === 'boolean') return format;
  const test =
    validate instanceof RegExp ? (text: string) => validate.test(text) : (validate as (text: string) => boolean);
  return (text: string) => text.length <= MAX_FORMATTED_LENGTH && test(text);
}

function isDefinition(
  format: AddedFormat,
): format is Exclude<AddedFormat, true | RegExp | ((text: string) => boolean)> {
  return typeof format === 'object' && !(format instanceof RegExp);
}
