import { AppError } from '../../base/errors.ts';
import { ownValue } from '../../base/json/own-value.ts';
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
 * another host or path. Absent fields are empty in the query, and refused in the path.
 * @throws AppError `input_invalid` naming the field whose value would change the path, and why
 */
export function fillUrl(template: string, input: JsonObject): string {
  const end = template.search(/[?#]|$/);
  const start = template.indexOf('/', template.indexOf('//') + 2);
  const path = start === -1 || start > end ? '' : template.slice(start, end);
  for (const segment of path.split('/')) checkSegment(segment, input);
  return template.replace(PLACEHOLDER, (_match, field: string) => encodeURIComponent(asText(ownValue(input, field))));
}

/** A segment is checked as a whole: dots may be put together from two fields, or from a field and the template. */
function checkSegment(segment: string, input: JsonObject): void {
  const fields = placeholdersOf(segment);
  if (fields.length === 0) return;
  const filled = decoded(segment.replace(PLACEHOLDER, (_match, field: string) => asText(ownValue(input, field))));
  const why = pathFault(filled);
  if (why === undefined) return;
  const named = fields.map((field) => `"${field}"`).join(' and ');
  throw new AppError(
    'input_invalid',
    `${named} would make a part of the address that ${why}. Give ${named} as the service knows it, or do without this tool.`,
  );
}

function pathFault(segment: string): string | undefined {
  if (segment.trim() === '') return 'is empty';
  if (/^\.{1,2}(?:;|$)/.test(segment.trim())) return 'means another folder (. or ..)';
  if (/[/\\]/.test(segment)) return 'holds a slash';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is searched for
  if (/[\u0000-\u001f\u007f]/.test(segment)) return 'holds a control character';
  return undefined;
}

/** Without percent-encoding, however often it was applied: servers decode paths, some more than once. */
function decoded(text: string): string {
  let last = text;
  for (let round = 0; round < 5; round += 1) {
    const next = last.replace(/%([0-7][0-9a-f])/gi, (_match, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === last) return next;
    last = next;
  }
  return last;
}

/** How text is escaped in a body that is a string, by its media type: no input can change the body's structure. */
export type Encoding = 'json' | 'form' | 'text';

/** Fills the strings of a body; a string that is only one placeholder becomes the field's value, with its type. */
export function fillBody(body: unknown, input: JsonObject, encoding: Encoding = 'text'): unknown {
  if (typeof body === 'string') {
    const whole = WHOLE.exec(body)?.[1];
    if (whole !== undefined) return ownValue(input, whole);
    return body.replace(PLACEHOLDER, (_match, field: string) => encode(ownValue(input, field), encoding));
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
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return text.toWellFormed();
}
