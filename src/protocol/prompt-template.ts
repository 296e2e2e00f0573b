import { ExactNumber } from '../base/json/exact-number.ts';
import type { Json, JsonObject } from './messages.ts';

/**
 * The input field for values that stay in a row: they reach the model only where its prompt names them, as
 * `{{system_params.KEY}}`, and so they fill the requests of HTTP tools.
 */
export const SYSTEM_PARAMS = 'system_params';

/**
 * A user message with places for input fields, written `{name}` or `{{name}}`. A name with dots that is no field is a path
 * of keys: `{{order.total}}` is the key `total` of the field `order`.
 */
export interface PromptTemplate {
  user: string;
  /** The names that are replaced; braces around anything else are text. */
  placeholders: readonly string[];
}

/** How much of one field goes into a prompt, in characters (code points), unless the agent says otherwise. */
export const MAX_FIELD_CHARACTERS = 400_000;

/**
 * Fills a template in one pass: text inside a value is never read as a placeholder. Missing values and null are empty,
 * values other than text are JSON. A value longer than `maxCharacters` is cut to that length, which includes the mark
 * that says by how much it was cut.
 */
export function fillPrompt(template: PromptTemplate, input: JsonObject, maxCharacters: number): string {
  return template.user.replaceAll(placeholderPattern(template.placeholders), (_all, double, single) => {
    const value = fieldText(input, double ?? single);
    return isLonger(value, maxCharacters) ? cutText(value, maxCharacters) : value;
  });
}

/** The placeholders whose values {@link fillPrompt} cuts. */
export function cutFields(template: PromptTemplate, input: JsonObject, maxCharacters: number): string[] {
  return template.placeholders.filter((name) => isLonger(fieldText(input, name), maxCharacters));
}

/** The declared names that a text has as placeholders. */
export function placeholdersIn(text: string, declared: readonly string[]): string[] {
  if (declared.length === 0) return [];
  const found = [...text.matchAll(placeholderPattern(declared))].map(([, double, single]) => double ?? single ?? '');
  return [...new Set(found)];
}

/** Texts that look like placeholders but are not declared: they are sent unchanged. */
export function strayPlaceholders({ user, placeholders }: PromptTemplate): string[] {
  const words = [...user.matchAll(/\{([A-Za-z_]\w*)\}/g)].map(([, name]) => name ?? '');
  return [...new Set(words)].filter((name) => !placeholders.includes(name));
}

function placeholderPattern(names: readonly string[]): RegExp {
  const any = names.map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|');
  return new RegExp(`\\{\\{ *(${any}) *\\}\\}|\\{(${any})\\}`, 'gu');
}

/** `{{system_params.KEY}}`; the group is its name, with the field. */
export const PARAM_TOKEN: RegExp = /\{\{ *(system_params\.[^{}\r\n]*?) *\}\}/;

/** The params that the strings of a value name, each once: `system_params.KEY`. */
export function paramsIn(value: unknown): string[] {
  if (typeof value === 'string')
    return [...new Set([...value.matchAll(new RegExp(PARAM_TOKEN, 'g'))].map(([, name]) => name ?? ''))];
  if (typeof value !== 'object' || value === null) return [];
  return [...new Set(Object.values(value).flatMap(paramsIn))];
}

/** The value of a field, or at a path of keys; undefined where there is none. */
export function inputValue(input: JsonObject, name: string): Json | undefined {
  return Object.hasOwn(input, name) ? input[name] : atPath(input, name.split('.'));
}

function fieldText(input: JsonObject, name: string): string {
  const value = inputValue(input, name);
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The value at a path of keys; undefined where there is none. */
function atPath(input: JsonObject, keys: readonly string[]): Json | undefined {
  let found: Json | undefined = input;
  for (const key of keys) found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  return found;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

/** Whether a text has more characters than a limit. Characters are code points: an emoji counts as one. */
function isLonger(text: string, limit: number): boolean {
  return text.length > limit && (text.length > 2 * limit || characterCount(text) > limit);
}

/** The beginning of a text and a mark, `limit` characters together; the beginning alone where the mark has no room. */
function cutText(text: string, limit: number): string {
  const total = characterCount(text);
  const markOf = (kept: number) => `… [${total - kept} more characters were cut off]`;
  // The mark has only ASCII after its first character, so that its length is its count of characters.
  let kept = limit - markOf(0).length;
  // The number in the mark may be a digit shorter than assumed: then one more character has room.
  while (kept >= 0 && kept + 1 + markOf(kept + 1).length <= limit) kept += 1;
  return kept < 0 ? firstCharacters(text, limit) : firstCharacters(text, kept) + markOf(kept);
}

function characterCount(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (isPair(text, at)) at += 1;
    count += 1;
  }
  return count;
}

function firstCharacters(text: string, count: number): string {
  let end = 0;
  for (let taken = 0; taken < count && end < text.length; taken += 1) end += isPair(text, end) ? 2 : 1;
  return text.slice(0, end);
}

function isPair(text: string, at: number): boolean {
  return (text.codePointAt(at) ?? 0) > 0xffff;
}
