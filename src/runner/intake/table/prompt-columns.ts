import { AppError } from '../../../base/errors.ts';

/** A prompt with `{column}` placeholders, as the parts of a prompt template. */
export interface PromptColumns {
  user: string;
  placeholders: string[];
}

/** `\{`, `${name}`, `{{ name }}` or `{name}`; anything else in braces is text. */
const BRACES = /\\\{([^{}\r\n]*)|\$\{([^{}\r\n]*)\}|\{\{ *([^{}\r\n]*?) *\}\}|\{([^{}\r\n]+)\}/gu;
/** Texts that a person may mean as a column's name. JSON, CSS and the like are none. */
const NAME = /^[\p{L}\p{N}_]([\p{L}\p{M}\p{N} _.,()/&#%+'-]*[\p{L}\p{M}\p{N}_.)#%+])?$/u;

/**
 * Finds the placeholders of a question's prompt. `{name}` and `{{name}}` are placeholders where the text is a column or
 * reads like a name. `\{` is a brace that stays text, and `${name}` stays text as a whole.
 * @throws AppError `invalid_arguments` when there is no placeholder, or the same text is both a placeholder and text
 */
export function promptColumns(prompt: string, columns: readonly string[]): PromptColumns {
  const placeholders = new Set<string>();
  const texts = new Set<string>();
  for (const [, escaped, dollar, double, single] of prompt.matchAll(BRACES)) {
    const text = escaped ?? dollar;
    const name = double ?? single;
    if (text !== undefined) texts.add(text);
    else if (name !== undefined && (columns.includes(name) || NAME.test(name))) placeholders.add(name);
  }
  if (placeholders.size === 0) throw new AppError('invalid_arguments', noPlaceholder(columns));
  const both = [...texts].find((text) => placeholders.has(text));
  if (both !== undefined) {
    const message = `The prompt has "${both}" both as the placeholder {${both}} and as a text in braces. Write the text without braces.`;
    throw new AppError('invalid_arguments', message);
  }
  return { user: prompt.replaceAll('\\{', '{'), placeholders: [...placeholders] };
}

function noPlaceholder(columns: readonly string[]): string {
  const shown = columns.slice(0, 20).map((column) => `{${column}}`);
  const more = columns.length > 20 ? ` and ${columns.length - 20} more` : '';
  const which = shown.length === 0 ? '' : ` The columns are ${shown.join(', ')}${more}.`;
  return `The prompt names no column, so every row would ask the same. Write {column} where its cell belongs.${which}`;
}
