import type { TokenCosts } from '../../protocol/messages.ts';

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

/** What the tokens of a provider job cost against real time, by kind. */
export interface BatchPriceRule {
  share: TokenCosts;
  /** Cache writes live an hour there, and cost so many times the price of input. */
  cacheWriteOfInput?: number;
}

/** The usual price of a provider job: half of real time. */
export const HALF: TokenCosts = { input: 0.5, output: 0.5, cacheWrite: 0.5, cacheRead: 0.5 };

/** What a provider's models cost. */
export interface ProviderPrices {
  /**
   * Where the prices come from: the id of the provider in the bundled table (`@pydantic/genai-prices`), or `free`, or
   * `unknown` where only a price file of the user can tell.
   */
  source: { table: string } | 'free' | 'unknown';
  /** What the bundled table lacks or resolves to another model, by model. */
  known?: Readonly<Record<string, ModelPrices>>;
  /** Names under which the bundled table may hold a model, beside its own. */
  aliases?(model: string): string[];
  /** Absent where there is no batch API. */
  batch?: BatchPriceRule;
}
