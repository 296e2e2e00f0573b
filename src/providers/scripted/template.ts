import { compileExpression, isExpression } from '../../expressions/expressions.ts';

/** A JSON value with JSONata in it, compiled. Evaluates over the conversation. */
export type Template = (view: unknown) => Promise<unknown>;

const EMBEDDED = /\{%[\s\S]*?%\}/g;

/**
 * Compiles a JSON value whose strings may be `{% … %}` (the expression's value, of any type) or hold `{% … %}` among
 * other text (its value as text). A field whose expression selects nothing is left out.
 * @param place its place, for messages
 * @throws AppError `expression_invalid`
 */
export function compileTemplate(value: unknown, place: string): Template {
  if (typeof value === 'string') return compileText(value, place);
  if (Array.isArray(value)) {
    const items = value.map((item, index) => compileTemplate(item, `${place}.${index}`));
    return async (view) => (await Promise.all(items.map((item) => item(view)))).map((item) => item ?? null);
  }
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(
      ([key, child]) => [key, compileTemplate(child, `${place}.${key}`)] as const,
    );
    return async (view) => {
      const entries = await Promise.all(fields.map(async ([key, child]) => [key, await child(view)] as const));
      return Object.fromEntries(entries.filter(([, child]) => child !== undefined));
    };
  }
  return async () => value;
}

function compileText(text: string, place: string): Template {
  const isWhole = isExpression(text) && (text.match(EMBEDDED)?.length ?? 0) === 1;
  if (isWhole) {
    const expression = compileExpression(text, place);
    return (view) => expression.evaluate(view);
  }
  const expressions = [...text.matchAll(EMBEDDED)].map((match) => compileExpression(match[0], place));
  if (expressions.length === 0) return async () => text;
  const literals = text.split(EMBEDDED);
  return async (view) => {
    const values = await Promise.all(expressions.map((expression) => expression.evaluate(view)));
    return literals.map((literal, index) => (index === 0 ? literal : asText(values[index - 1]) + literal)).join('');
  };
}

/** A value as text: a string unchanged, undefined as an empty text, the rest as JSON. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined ? '' : JSON.stringify(value);
}
