import { loadLater } from '../../base/process/load-later.ts';
import type { TokenCosts, Usage } from '../../protocol/messages.ts';
import { descriptorOf } from '../catalog.ts';
import type { ModelPrices, PriceOverrides } from './model-prices.ts';

/** The prices of model calls, in micro-dollars. `undefined` is "not known", and is never 0. */
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

/** Prices are counted in millionths of a micro-dollar: sums up to 9,000 dollars a call are exact integers. */
const SCALE = 1_000_000;
const FREE: TokenCosts = { input: 0, output: 0, cacheWrite: 0, cacheRead: 0 };
/** A date at the end of a model's name: `-20261001` or `-2026-10-01`. */
const DATED = /-(\d{8}|\d{4}-\d{2}-\d{2})$/;

/** Prices from `overrides`, then those of the provider's descriptor, then `@pydantic/genai-prices`, whose 800 kB are loaded on first need. */
export function createPriceTable({ overrides = {} }: { overrides?: PriceOverrides } = {}): PriceTable {
  /** The prices that were found last: a batch asks for those of one model, five times a row. */
  let last: { provider: string; model: string; prices: ModelPrices | 'free' | undefined } | undefined;
  const find = (provider: string, model: string): ModelPrices | 'free' | undefined => {
    const { source, known = {} } = descriptorOf(provider)?.prices ?? {};
    if (source === 'free') return source;
    const named = (name: string) => overrides[`${provider}/${name}`] ?? known[name];
    return named(model) ?? named(model.replace(DATED, ''));
  };
  const scaledCosts = (provider: string, model: string, usage: Usage): TokenCosts | undefined => {
    if (last?.provider !== provider || last.model !== model) last = { provider, model, prices: find(provider, model) };
    const { prices } = last;
    if (prices === 'free') return FREE;
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
      // The whole prompt may be plain input, be written to the cache, which costs more, or be read from it.
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

/** Loading it takes 75 ms. */
const bundledPrices = loadLater<typeof import('@pydantic/genai-prices')>('@pydantic/genai-prices');

/**
 * The bundled table's price; undefined when the table resolves the name to another model, as it does for unknown names.
 * The table prices a prompt as a whole. Cached tokens are priced by a fully cached prompt of the same length, so that
 * they stay in its tier; the rest of the price is that of the other tokens.
 */
function bundledCosts(provider: string, model: string, usage: Usage): TokenCosts | undefined {
  const { source, aliases } = descriptorOf(provider)?.prices ?? {};
  if (typeof source !== 'object') return undefined;
  const providerId = source.table;
  const { calcPrice } = bundledPrices();
  const prompt = usage.inputTokens + usage.cacheWriteTokens + usage.cacheReadTokens;
  const tokens = {
    input_tokens: prompt,
    cache_write_tokens: usage.cacheWriteTokens,
    cache_read_tokens: usage.cacheReadTokens,
    output_tokens: usage.outputTokens,
  };
  const found = calcPrice(tokens, model, { providerId });
  if (found === null) return undefined;
  // The table resolves unknown names to other models.
  const names = [model, model.replace(DATED, ''), ...(aliases?.(model) ?? [])];
  if (!names.includes(found.model.id)) return undefined;
  const cached = (kind: 'cache_write_tokens' | 'cache_read_tokens'): number => {
    const count = tokens[kind];
    if (count === 0) return 0;
    const whole = calcPrice({ input_tokens: prompt, [kind]: prompt }, model, { providerId });
    return toScaled(((whole?.input_price ?? 0) * count) / prompt);
  };
  const total = toScaled(found.total_price);
  const [cacheWrite, cacheRead] = [cached('cache_write_tokens'), cached('cache_read_tokens')];
  const output = toScaled(found.output_price);
  return { input: Math.max(0, total - output - cacheWrite - cacheRead), output, cacheWrite, cacheRead };
}

function toScaled(dollars: number): number {
  return Math.round(dollars * 1_000_000 * SCALE);
}
