import { AppError } from '../../base/errors.ts';
import type { Json, JsonObject } from '../../protocol/messages.ts';
import { inputValue, PARAM_TOKEN, paramsIn } from '../../protocol/prompt-template.ts';

const FIELD = /(?<!\$)\{([A-Za-z_][A-Za-z0-9_-]*)\}/;
const FIELDS = new RegExp(FIELD, 'g');
const PARAMS = new RegExp(PARAM_TOKEN, 'g');
/** `{field}`, but not `${NAME}`, which refers to the environment; or `{{system_params.KEY}}`. */
const PLACEHOLDER = new RegExp(`${PARAM_TOKEN.source}|${FIELD.source}`, 'g');
const WHOLE = new RegExp(`^(?:${PARAM_TOKEN.source}|${FIELD.source})$`);

/** The fields of a tool's own input that the strings of a value refer to, each once. */
export function placeholdersOf(value: unknown): string[] {
  if (typeof value === 'string') return [...new Set([...value.matchAll(FIELDS)].map((match) => match[1] ?? ''))];
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
  return fill(template, input, (value) => encodeURIComponent(asText(value)));
}

/**
 * Fills the params of a header; a field of the tool's input never reaches one.
 * @throws AppError `input_invalid` where no header can have the value, such as one with a line break
 */
export function fillHeader(template: string, input: JsonObject): string {
  const filled = template.replace(PARAMS, (_match, name: string) => asText(inputValue(input, name)));
  if (filled === template || /^[\t\u0020-\u007e\u0080-\u00ff]*$/.test(filled)) return filled;
  const named = paramsIn(template)
    .map((name) => `"${name}"`)
    .join(' and ');
  throw new AppError('input_invalid', `${named} of this row has characters that no header can have. ${WITHOUT_ROW}`);
}

const WITHOUT_ROW = 'Do without this tool: it takes that value from the row.';

function fill(template: string, input: JsonObject, textOf: (value: Json | undefined) => string): string {
  return template.replace(PLACEHOLDER, (_match, param?: string, field?: string) =>
    textOf(inputValue(input, param ?? field ?? '')),
  );
}

/** A segment is checked as a whole: dots may be put together from two fields, or from a field and the template. */
function checkSegment(segment: string, input: JsonObject): void {
  const params = paramsIn(segment);
  const fields = [...params, ...placeholdersOf(segment)];
  if (fields.length === 0) return;
  const filled = decoded(fill(segment, input, asText));
  const why = pathFault(filled);
  if (why === undefined) return;
  const named = fields.map((field) => `"${field}"`).join(' and ');
  const fix = params.length > 0 ? WITHOUT_ROW : `Give ${named} as the service knows it, or do without this tool.`;
  throw new AppError('input_invalid', `${named} would make a part of the address that ${why}. ${fix}`);
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
    const [, param, field] = WHOLE.exec(body) ?? [];
    const whole = param ?? field;
    if (whole !== undefined) return inputValue(input, whole);
    return fill(body, input, (value) => encode(value, encoding));
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
