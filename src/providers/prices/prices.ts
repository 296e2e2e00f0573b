import { createRequire } from 'node:module';
import type { TokenCosts, Usage } from '../../protocol/messages.ts';

/** Dollars per million tokens, which is micro-dollars per token. Cache writes are those that live five minutes. */
export interface TokenPrices {
  input: number;
  output: number;
  cacheWrite: number;
  cacheRead: number;
}

/** A model's prices; above `longPromptTokens` of prompt, cached tokens included, `longPrompt` holds for the whole call. */
export interface ModelPrices extends TokenPrices {
  longPromptTokens?: number;
  longPrompt?: TokenPrices;
}

/** Prices that go before the bundled table, by `provider/model`. */
export type PriceOverrides = Readonly<Record<string, ModelPrices>>;

/** What model calls cost, in micro-dollars. `undefined` is "not known", and is never 0. */
export interface PriceTable {
  /** The price of one answered call, exact to a millionth of a micro-dollar: not rounded, so that sums stay exact. */
  priceOf(provider: string, model: string, usage: Usage): number | undefined;
  /** The same price by kind of token. */
  costsOf(provider: string, model: string, usage: Usage): TokenCosts | undefined;
  /** An upper bound for a call that has no answer yet. */
  worstCase(provider: string, model: string, bounds: WorstCaseBounds): number | undefined;
}

interface WorstCaseBounds {
  /** An upper bound of the prompt's tokens. */
  inputTokens: number;
  /** The call's limit of output tokens. */
  maxTokens: number;
}

/** What the bundled table lacks or resolves to another model. Source: Anthropic's price page, 2026-11. */
const KNOWN: PriceOverrides = {
  'anthropic/claude-opus-5-5': { input: 4, output: 20, cacheWrite: 5, cacheRead: 0.2 },
  'anthropic/claude-sonnet-5-5': { input: 2, output: 10, cacheWrite: 2.5, cacheRead: 0.1 },
  'anthropic/claude-haiku-5-5': {
    input: 0.1,
    output: 0.5,
    cacheWrite: 0.125,
    cacheRead: 0.01,
    longPromptTokens: 100_000,
    longPrompt: { input: 0.5, output: 2.5, cacheWrite: 0.625, cacheRead: 0.05 },
  },
};

/** Prices are counted in millionths of a micro-dollar: sums up to 9,000 dollars a call are exact integers. */
const SCALE = 1_000_000;
const FREE: TokenCosts = { input: 0, output: 0, cacheWrite: 0, cacheRead: 0 };
/** `-20261001`, as Anthropic dates its models, or `-2026-10-01`, as OpenAI does. */
const DATED = /-(\d{8}|\d{4}-\d{2}-\d{2})$/;
/** Bedrock's inference profiles of a part of the world, which cost as much as its regions do. */
const PROFILE = /^(us|eu|apac|jp|au|ca|us-gov)\./;
/** Servers of people's own: what another asks for a model of the same name says nothing. */
const UNPRICED = new Set(['openai-compatible']);

/** Prices from `overrides`, then our own table, then `@pydantic/genai-prices`, whose 800 kB are loaded on first need. */
export function createPriceTable({ overrides = {} }: { overrides?: PriceOverrides } = {}): PriceTable {
  const table: PriceOverrides = { ...KNOWN, ...overrides };
  const scaledCosts = (provider: string, model: string, usage: Usage): TokenCosts | undefined => {
    if (provider === 'scripted') return FREE;
    const prices = table[`${provider}/${model}`] ?? table[`${provider}/${model.replace(DATED, '')}`];
    return prices === undefined ? bundledCosts(provider, model, usage) : scaledPrice(prices, usage);
  };
  const exact = (provider: string, model: string, usage: Usage): number | undefined => {
    const costs = scaledCosts(provider, model, usage);
    return costs === undefined ? undefined : costs.input + costs.output + costs.cacheWrite + costs.cacheRead;
  };
  return {
    priceOf(provider, model, usage) {
      const scaled = exact(provider, model, usage);
      return scaled === undefined ? undefined : scaled / SCALE;
    },
    costsOf(provider, model, usage) {
      const scaled = scaledCosts(provider, model, usage);
      if (scaled === undefined) return undefined;
      const { input, output, cacheWrite, cacheRead } = scaled;
      const parts = { input: input / SCALE, output: output / SCALE };
      return { ...parts, cacheWrite: cacheWrite / SCALE, cacheRead: cacheRead / SCALE };
    },
    worstCase(provider, model, { inputTokens, maxTokens }) {
      const nothing = { inputTokens: 0, outputTokens: maxTokens, cacheWriteTokens: 0, cacheReadTokens: 0 };
      // The whole prompt may be read as it is, written to the cache, which costs more, or come from there.
      const plain = exact(provider, model, { ...nothing, inputTokens });
      const cached = exact(provider, model, { ...nothing, cacheWriteTokens: inputTokens });
      const read = exact(provider, model, { ...nothing, cacheReadTokens: inputTokens });
      if (plain === undefined || cached === undefined || read === undefined) return undefined;
      return Math.max(plain, cached, read) / SCALE;
    },
  };
}

function scaledPrice(prices: ModelPrices, usage: Usage): TokenCosts {
  const promptTokens = usage.inputTokens + usage.cacheWriteTokens + usage.cacheReadTokens;
  const isLong = promptTokens > (prices.longPromptTokens ?? Number.POSITIVE_INFINITY);
  const { input, output, cacheWrite, cacheRead } = isLong ? (prices.longPrompt ?? prices) : prices;
  return {
    input: usage.inputTokens * scale(input),
    output: usage.outputTokens * scale(output),
    cacheWrite: usage.cacheWriteTokens * scale(cacheWrite),
    cacheRead: usage.cacheReadTokens * scale(cacheRead),
  };
}

function scale(microUsdPerToken: number): number {
  return Math.round(microUsdPerToken * SCALE);
}

type GenaiPrices = typeof import('@pydantic/genai-prices');
const load = createRequire(import.meta.url);

/**
 * The bundled table's price; nothing when it takes the model for another one, as it does for names it does not know.
 * It prices a prompt as a whole: what was cached is priced by a prompt of the same length that is cached throughout, so
 * that it stays in its tier, and the rest of the price is what was not.
 */
function bundledCosts(provider: string, model: string, usage: Usage): TokenCosts | undefined {
  if (UNPRICED.has(provider)) return undefined;
  // Loading takes 75 ms, which a start must not pay; `require` keeps the module in its cache.
  const { calcPrice } = load('@pydantic/genai-prices') as GenaiPrices;
  const prompt = usage.inputTokens + usage.cacheWriteTokens + usage.cacheReadTokens;
  const tokens = {
    input_tokens: prompt,
    cache_write_tokens: usage.cacheWriteTokens,
    cache_read_tokens: usage.cacheReadTokens,
    output_tokens: usage.outputTokens,
  };
  const found = calcPrice(tokens, model, { providerId: provider });
  if (found === null) return undefined;
  if (!isSameModel(found.model.id, model)) return undefined;
  const cached = (kind: 'cache_write_tokens' | 'cache_read_tokens'): number => {
    const count = tokens[kind];
    if (count === 0) return 0;
    const whole = calcPrice({ input_tokens: prompt, [kind]: prompt }, model, { providerId: provider });
    return toScaled(((whole?.input_price ?? 0) * count) / prompt);
  };
  const total = toScaled(found.total_price);
  const [cacheWrite, cacheRead] = [cached('cache_write_tokens'), cached('cache_read_tokens')];
  const output = toScaled(found.output_price);
  return { input: Math.max(0, total - output - cacheWrite - cacheRead), output, cacheWrite, cacheRead };
}

/** Whether the entry that was found is this model's: by its name, dated or not, or by that of its region's profile. */
function isSameModel(found: string, model: string): boolean {
  return [model, model.replace(DATED, ''), `regional.${model.replace(PROFILE, '')}`].includes(found);
}

function toScaled(dollars: number): number {
  return Math.round(dollars * 1_000_000 * SCALE);
}
