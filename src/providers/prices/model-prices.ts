import type { TokenCosts } from '../../protocol/messages.ts';

/** Dollars per million tokens, which is micro-dollars per token. Cache writes are those that live five minutes. */
export interface TokenPrices {
  input: number;
  output: number;
  cacheWrite: number;
  cacheRead: number;
}

/** A model's prices. Above `longPromptTokens` of prompt (cached tokens included) `longPrompt` is the whole call's. */
export interface ModelPrices extends TokenPrices {
  longPromptTokens?: number;
  longPrompt?: TokenPrices;
}

/** Prices that override the bundled table, by `provider/model`. */
export type PriceOverrides = Readonly<Record<string, ModelPrices>>;

/** The price of a provider job's tokens relative to real time, by kind. */
export interface BatchPriceRule {
  share: TokenCosts;
  /** Cache writes live an hour there, and cost this many times the price of input. */
  cacheWriteOfInput?: number;
}

/** The usual price of a provider job: half of real time. */
export const HALF: TokenCosts = { input: 0.5, output: 0.5, cacheWrite: 0.5, cacheRead: 0.5 };

/** The prices of a provider's models. */
export interface ProviderPrices {
  /**
   * Where the prices come from: the id of the provider in the bundled table (`@pydantic/genai-prices`), or `free`, or
   * `unknown` where only the user's price file has prices.
   */
  source: { table: string } | 'free' | 'unknown';
  /** Prices of models that the bundled table lacks or resolves to another model. */
  known?: Readonly<Record<string, ModelPrices>>;
  /** Other names under which the bundled table may hold a model. */
  aliases?(model: string): string[];
  /** Absent where there is no batch API. */
  batch?: BatchPriceRule;
}
