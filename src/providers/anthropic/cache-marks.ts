/** The fewest tokens that models cache, by their names on both services. Source: Anthropic's prompt caching, limitations. */
const LEAST: readonly [RegExp, number][] = [
  [/claude-(haiku|opus)-4-[5-9]/, 4096],
  [/claude-(3-(5-)?haiku)/, 2048],
];
/** The lowest that any model has: for those whose minimum is not published. */
const LOWEST = 1024;
/** No text is denser: markup and digits come near it. */
const BYTES_PER_TOKEN = 2;

const sizes = new WeakMap<readonly object[], number>();

/**
 * Whether the constant start of a model's requests may be long enough to be cached: a shorter one needs no mark.
 * @param tools the same list in each request
 */
export function mayBeCached(model: string, { system, tools }: { system: string; tools: readonly object[] }): boolean {
  const least = LEAST.find(([models]) => models.test(model))?.[1] ?? LOWEST;
  const size = sizes.get(tools) ?? Buffer.byteLength(JSON.stringify(tools));
  sizes.set(tools, size);
  return Buffer.byteLength(system) + size >= least * BYTES_PER_TOKEN;
}
