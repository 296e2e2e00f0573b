import type { JsonSchema } from '../../protocol/messages.ts';
import { countTokens } from './count-tokens.ts';
import type { TokenRange } from './forecast.ts';

/** Tokens around the answer's fields: braces, and what marks it as the answer. */
const FRAME = 10;
/** Quotes, colon and comma of a field. */
const FIELD = 2;
const ITEMS = 2;
/** A text of which nothing is known. */
const TEXT = 8;
const SENTENCE = 20;
const PARAGRAPH = 75;
/** A short sentence or paragraph, as a share of a usual one. */
const BRIEF = 0.6;
const DEEPEST = 6;
/** A free text varies by how much the model has to say; a value of few forms hardly does. */
const FREE = { low: 0.55, high: 1.7 };
const FIXED = { low: 0.8, high: 1.25 };

/** About how many tokens an answer has that fits a schema, by its fields: types, enums, lengths and descriptions. */
export function answerTokens(schema: JsonSchema | undefined): TokenRange {
  const fields = valueTokens(schema ?? { type: 'object' }, '', 0);
  return { low: FRAME * 0.5 + fields.low, expected: FRAME + fields.expected, high: FRAME * 1.5 + fields.high };
}

function valueTokens(schema: JsonSchema, name: string, depth: number): TokenRange {
  if (depth > DEEPEST) return around(10, FREE);
  const choices = [schema['anyOf'], schema['oneOf']].find(Array.isArray)?.filter(isSchema);
  if (choices !== undefined && choices.length > 0) return mean(choices.map((one) => valueTokens(one, name, depth + 1)));
  if ('const' in schema) return around(textOf(schema['const']), FIXED);
  const values = schema['enum'];
  if (Array.isArray(values) && values.length > 0) return mean(values.map((one) => around(textOf(one), FIXED)));
  const types = [schema['type']].flat().filter((type) => typeof type === 'string');
  const type = types.find((one) => one !== 'null') ?? (isSchema(schema['properties']) ? 'object' : 'string');
  const value = typedTokens(type, schema, { name, depth });
  return types.includes('null') ? { ...value, low: value.low * 0.4, expected: value.expected * 0.65 } : value;
}

function typedTokens(type: string, schema: JsonSchema, { name, depth }: { name: string; depth: number }): TokenRange {
  switch (type) {
    case 'boolean':
    case 'null':
      return around(1, FIXED);
    case 'integer':
      return around(1.5, FIXED);
    case 'number':
      return around(2.5, FIXED);
    case 'object':
      return objectTokens(schema, depth);
    case 'array': {
      const item = isSchema(schema['items']) ? schema['items'] : {};
      const one = scaled(valueTokens(item, name, depth + 1), 1, 2);
      return itemCount(schema, one);
    }
    default:
      return stringTokens(schema, name);
  }
}

function objectTokens(schema: JsonSchema, depth: number): TokenRange {
  const properties = isSchema(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const fields = Object.entries(properties).map(([name, property]) => {
    const key = countTokens(name) + FIELD;
    const field = scaled(valueTokens(isSchema(property) ? property : {}, name, depth + 1), 1, key);
    return required.includes(name) ? field : { ...field, low: field.low * 0.4, expected: field.expected * 0.8 };
  });
  // An object of any fields.
  if (fields.length === 0) return around(30, FREE);
  return fields.reduce(add, around(1, FIXED));
}

function itemCount(schema: JsonSchema, one: TokenRange): TokenRange {
  const least = numberOf(schema['minItems']) ?? 0;
  const most = numberOf(schema['maxItems']) ?? Number.POSITIVE_INFINITY;
  const stated = countIn(textOfHints(schema), /\b(\d+)\s*(?:to|-|–)\s*(\d+)\b/) ?? undefined;
  const usual = Math.min(Math.max(stated ?? ITEMS, least), most);
  const from = Math.min(Math.max(least, usual * 0.6), most);
  return { low: one.low * from, expected: one.expected * usual, high: one.high * Math.min(usual * 1.5, most) };
}

/** Formats of strings and words in names and descriptions that say how long a text is, in tokens. */
const KINDS: readonly [RegExp, number][] = [
  [/\b(date|day)\b|_at$|_on$/, 7],
  [/\b(date-time|timestamp|uuid)\b/, 16],
  [/\b(url|uri|link|website)\b/, 16],
  [/\be-?mail\b/, 9],
  [/\b(phone|telephone|iban|sku|code|id|isbn|postcode|zip)\b/, 7],
  [
    /\b(country|language|currency|unit|city|status|categor(y|ies)|labels?|types?|colou?r|brand|tags?|keywords?|skills?|topics?)\b/,
    3,
  ],
  [/\b(name|title|person|company|organi[sz]ation|provider|vendor|author)\b/, 5],
  [/\b(address)\b/, 14],
  [/\b(quote|excerpt|evidence|snippet)\b/, 28],
  [/\b(reason|reasoning|rationale|explanation|why|justification)\b/, 28],
  [/\b(notes?|comments?|remarks?)\b/, 16],
  [/\b(summary|description|overview|analysis|feedback)\b/, 36],
  [/\b(reply|response|letter|message|draft|body|article|story)\b/, 85],
  [/\b(translation|translated|rewritten|corrected)\b/, 30],
];

function stringTokens(schema: JsonSchema, name: string): TokenRange {
  const hints = textOfHints(schema);
  const longest = numberOf(schema['maxLength']);
  const stated = statedLength(hints);
  const words = name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/[_-]+/g, ' ')
    .toLowerCase();
  const kind = kindOf(String(schema['format'] ?? '')) ?? kindOf(words) ?? kindOf(hints);
  const usual = stated ?? kind ?? TEXT;
  const limit = longest === undefined ? Number.POSITIVE_INFINITY : Math.max(1, longest / 4.2);
  const range = around(Math.min(usual, limit), usual <= 7 ? { low: 0.6, high: 1.5 } : FREE);
  return { ...range, high: Math.min(range.high, Math.max(limit, range.expected)) };
}

/** The length that a description asks for: sentences, words, characters, paragraphs. */
function statedLength(hints: string): number | undefined {
  const number = '(\\d+|an?|one|two|three|four|five|single|short|brief)';
  const unit = (words: string, tokens: number) => {
    const range = new RegExp(`\\b${number}(?:\\s*(?:to|-|–|or)\\s*${number})?\\s+(?:\\w+\\s+)?${words}\\b`).exec(hints);
    if (range === null) return undefined;
    const [from, to] = [numberIn(range[1]), numberIn(range[2] ?? range[1])];
    return ((from + to) / 2) * tokens * (/\b(short|brief)\b/.test(range[0]) ? BRIEF : 1);
  };
  return (
    unit('paragraphs?', PARAGRAPH) ??
    unit('sentences?', SENTENCE) ??
    unit('words?', 1.25) ??
    unit('(?:characters?|chars?)', 0.16)
  );
}

const NUMBERS: Readonly<Record<string, number>> = { two: 2, three: 3, four: 4, five: 5 };

function numberIn(word: string | undefined): number {
  return NUMBERS[word ?? ''] ?? (Number(word) || 1);
}

function kindOf(words: string): number | undefined {
  return KINDS.find(([pattern]) => pattern.test(words))?.[1];
}

function countIn(hints: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(hints);
  return found === null ? undefined : (Number(found[1]) + Number(found[2])) / 2;
}

function textOfHints(schema: JsonSchema): string {
  return String(schema['description'] ?? '').toLowerCase();
}

function textOf(value: unknown): number {
  return countTokens(typeof value === 'string' ? value : JSON.stringify(value ?? null));
}

function around(expected: number, { low, high }: { low: number; high: number }): TokenRange {
  return { low: expected * low, expected, high: expected * high };
}

function scaled({ low, expected, high }: TokenRange, factor: number, more = 0): TokenRange {
  return { low: low * factor + more, expected: expected * factor + more, high: high * factor + more };
}

function add(a: TokenRange, b: TokenRange): TokenRange {
  return { low: a.low + b.low, expected: a.expected + b.expected, high: a.high + b.high };
}

function mean(ranges: readonly TokenRange[]): TokenRange {
  return scaled(ranges.reduce(add), 1 / ranges.length);
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 ? value : undefined;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
