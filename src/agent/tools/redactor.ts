import type { Environment } from './environment.ts';

/** Shorter values are no secrets, and would be found in ordinary text. */
const SHORTEST_SECRET = 6;
/** Shorter pieces of Base64 occur by chance. */
const SHORTEST_BASE64 = 8;
const REFERENCE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const HIDDEN = '***';

/** Hides the secrets of a tool in a text, or in all strings, keys and numbers of a value. */
export interface Redactor {
  text(text: string): string;
  value<T>(value: T): T;
}

/**
 * Hides every value of the environment that the templates refer to, also where it is encoded for a URL or in Base64,
 * alone or inside a longer text: a service that echoes its request must not give a key to the model, the trace or the
 * log. A URL without credentials is no secret.
 */
export function createRedactor(templates: readonly string[], env: Environment): Redactor {
  const names = templates.flatMap((template) => [...template.matchAll(REFERENCE)].map((match) => match[1] ?? ''));
  const secrets = names.map((name) => env[name] ?? '').filter((secret) => secret.length >= SHORTEST_SECRET);
  const found = secrets.filter((secret) => !isPlainUrl(secret)).flatMap(formsOf);
  const forms = [...new Set(found)].filter((form) => form.length >= SHORTEST_SECRET);
  // The longest first: a form can be a part of another one.
  forms.sort((a, b) => b.length - a.length);
  const text = (given: string) => forms.reduce((hidden, form) => hidden.replaceAll(form, HIDDEN), given);
  const value = (given: unknown): unknown => {
    if (typeof given === 'string') return text(given);
    if (typeof given === 'number') return forms.includes(String(given)) ? HIDDEN : given;
    if (Array.isArray(given)) return given.map(value);
    if (typeof given !== 'object' || given === null || Object.getPrototypeOf(given) !== Object.prototype) return given;
    return Object.fromEntries(Object.entries(given).map(([key, part]) => [text(key), value(part)]));
  };
  if (forms.length === 0) return { text: (given) => given, value: (given) => given };
  return { text, value: (given) => value(given) as typeof given };
}

function isPlainUrl(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return false;
  const { username, password, search } = new URL(text);
  return username === '' && password === '' && search === '';
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const encoded = [0, 1, 2].flatMap((offset) => {
    // Base64 of a longer text holds this part of the secret, when the text before it has `offset` bytes more than a
    // multiple of three. Characters that also depend on neighbours are left out.
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const part = whole.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6));
    return part.length < SHORTEST_BASE64 ? [] : [part, part.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const url = encodeURIComponent(secret.toWellFormed());
  // A secret in a template of a URL is encoded by the URL parser, which encodes less.
  const inQuery = new URL(`http://host/?${secret}`).search.slice(1);
  return [
    secret,
    url,
    url.replaceAll('%20', '+'),
    encodeURI(secret.toWellFormed()),
    inQuery,
    JSON.stringify(secret).slice(1, -1),
    ...encoded,
  ];
}
