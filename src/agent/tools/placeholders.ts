import { AppError } from '../../base/errors.ts';
import type { JsonObject } from '../../protocol/messages.ts';

/** `{field}`, but not `${NAME}`, which refers to the environment. */
const PLACEHOLDER = /(?<!\$)\{([A-Za-z_][A-Za-z0-9_-]*)\}/g;
const WHOLE = /^\{([A-Za-z_][A-Za-z0-9_-]*)\}$/;

/** The fields that the strings of a value refer to, each once. */
export function placeholdersOf(value: unknown): string[] {
  if (typeof value === 'string') return [...new Set([...value.matchAll(PLACEHOLDER)].map((match) => match[1] ?? ''))];
  if (typeof value !== 'object' || value === null) return [];
  return [...new Set(Object.values(value).flatMap(placeholdersOf))];
}

/**
 * Fills a URL. Every value is URL-encoded, and the result has the template's origin and depth of path: no input reaches
 * another host or path (`..` survives URL encoding). Absent fields are empty.
 * @throws AppError `input_invalid` if a value would change the origin or the depth of the path
 */
export function fillUrl(template: string, input: JsonObject): string {
  const url = template.replace(PLACEHOLDER, (_match, field: string) => encodeURIComponent(asText(input[field])));
  const plain = template.replace(PLACEHOLDER, 'x');
  if (shapeOf(url) !== shapeOf(plain)) {
    throw new AppError('input_invalid', 'A value of the input would change the path of the URL. Give it without dots.');
  }
  return url;
}

function shapeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin} ${pathname.split('/').length}`;
}

/** How text is escaped in a body that is a string, by its media type: no input can change the body's structure. */
export type Encoding = 'json' | 'form' | 'text';

/** Fills the strings of a body; a string that is only one placeholder becomes the field's value, with its type. */
export function fillBody(body: unknown, input: JsonObject, encoding: Encoding = 'text'): unknown {
  if (typeof body === 'string') {
    const whole = WHOLE.exec(body)?.[1];
    if (whole !== undefined) return input[whole];
    return body.replace(PLACEHOLDER, (_match, field: string) => encode(input[field], encoding));
  }
  if (Array.isArray(body)) return body.map((item) => fillBody(item, input) ?? null);
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, fillBody(value, input)]));
}

function encode(value: unknown, encoding: Encoding): string {
  if (encoding === 'form') return encodeURIComponent(asText(value));
  if (encoding === 'json' && typeof value === 'string') return JSON.stringify(value).slice(1, -1);
  return asText(value);
}

function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
