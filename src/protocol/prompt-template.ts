import type { JsonObject } from './messages.ts';

/** A user message with places for input fields, written `{name}` or `{{name}}`. */
export interface PromptTemplate {
  user: string;
  /** The names that are replaced; braces around anything else are text. */
  placeholders: readonly string[];
}

/** How much of one field goes into a prompt, in characters (UTF-16 units), unless the agent says otherwise. */
export const MAX_FIELD_CHARACTERS = 400_000;

/**
 * Fills a template in one pass: text inside a value is never read as a placeholder. Missing values and null are empty,
 * values other than text are JSON. A value longer than `maxCharacters` is cut, with a mark that says by how much.
 */
export function fillPrompt(template: PromptTemplate, input: JsonObject, maxCharacters: number): string {
  return template.user.replaceAll(placeholderPattern(template.placeholders), (_all, double, single) => {
    const value = fieldText(input, double ?? single);
    return value.length > maxCharacters ? cutText(value, maxCharacters) : value;
  });
}

/** The placeholders whose values {@link fillPrompt} cuts. */
export function cutFields(template: PromptTemplate, input: JsonObject, maxCharacters: number): string[] {
  return template.placeholders.filter((name) => fieldText(input, name).length > maxCharacters);
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

function fieldText(input: JsonObject, name: string): string {
  const value = Object.hasOwn(input, name) ? input[name] : undefined;
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function cutText(text: string, length: number): string {
  // A character outside of the BMP is not cut in two.
  const end = /[\ud800-\udbff]/.test(text[length - 1] ?? '') ? length - 1 : length;
  return `${text.slice(0, end)}… [${text.length - end} more characters were cut off]`;
}
