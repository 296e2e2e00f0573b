/** How one search parameter is read: from its text, or from a value that code gives to a link. */
export type Param<Value> = (given: unknown) => Value | undefined;

type Values<Params> = {
  [name in keyof Params]?: Params[name] extends Param<infer Value> ? Value | undefined : never;
};

/**
 * Reads the search parameters of a route. What can't be read is left out, so that an old or mistyped link still opens.
 * Give it to `validateSearch`.
 */
export function searchParams<Params extends { [name: string]: Param<unknown> }>(params: Params) {
  return (search: Record<string, unknown>): Values<Params> => {
    const read = Object.entries(params).map(([name, param]) => [name, param(search[name])] as const);
    // Named, though undefined: the router keeps what a mistyped address says of a name that is left out.
    return Object.fromEntries(read) as Values<Params>;
  };
}

/** Any text but the empty one. */
export function text(): Param<string> {
  return (given) => (given === undefined || given === '' ? undefined : String(given));
}

/** One of a few words. */
export function oneOf<const Word extends string>(words: readonly Word[]): Param<Word> {
  return (given) => words.find((word) => word === given);
}

/** A whole number from 0. */
export function count(): Param<number> {
  return (given) => (/^\d{1,15}$/.test(String(given)) ? Number(given) : undefined);
}

/** Several texts, separated by commas in the address; a comma inside one is escaped. */
export function list(): Param<string[]> {
  return (given) => {
    if (Array.isArray(given)) return given.length === 0 ? undefined : given.map(String);
    return typeof given === 'string' && given !== '' ? given.split(',').map(unescapeComma) : undefined;
  };
}

/** Search parameters as they stand in the address: plain texts, without quotes or JSON. */
export function stringifySearch(search: Record<string, unknown>): string {
  const entries = Object.entries(search).flatMap(([name, value]) => {
    if (value === undefined || value === null || value === '') return [];
    return [[name, Array.isArray(value) ? value.map((one) => escapeComma(String(one))).join(',') : String(value)]];
  });
  // These signs may stand in a query as they are; the address stays readable.
  const query = new URLSearchParams(entries).toString().replaceAll(/%(?:2C|2F|7E|21)/g, decodeURIComponent);
  return query === '' ? '' : `?${query}`;
}

/** The other direction of {@link stringifySearch}; every value is a text. */
export function parseSearch(search: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(search));
}

function escapeComma(one: string): string {
  return one.replaceAll('\\', '\\\\').replaceAll(',', '\\c');
}

function unescapeComma(one: string): string {
  return one.replace(/\\(.)/g, (_, escaped) => (escaped === 'c' ? ',' : escaped));
}
