import type { TokenCosts, Usage } from '../../protocol/messages.ts';
import { descriptorOf } from '../catalog.ts';
import type { BatchPriceRule } from './model-prices.ts';
import type { PriceTable } from './prices.ts';

/** Whether a provider has batch jobs whose price is known. */
export function hasBatchPrice(provider: string): boolean {
  return descriptorOf(provider)?.prices.batch !== undefined;
}

/**
 * The prices of the providers' batch APIs, derived from the real-time prices; `undefined` where either is unknown. The
 * saving of a batch is the difference between the two tables for the same usage.
 */
export function createBatchPriceTable(realtime: PriceTable): PriceTable {
  const costsOf = (provider: string, model: string, usage: Usage): TokenCosts | undefined => {
    const rule = descriptorOf(provider)?.prices.batch;
    const costs = realtime.costsOf(provider, model, usage);
    if (rule === undefined || costs === undefined) return undefined;
    const { share } = rule;
    const cacheWrite = hourlyWrites(realtime, { provider, model, usage }, rule) ?? costs.cacheWrite;
    return {
      input: costs.input * share.input,
      output: costs.output * share.output,
      cacheWrite: cacheWrite * share.cacheWrite,
      cacheRead: costs.cacheRead * share.cacheRead,
    };
  };
  const priceOf = (provider: string, model: string, usage: Usage): number | undefined => {
    const costs = costsOf(provider, model, usage);
    return costs === undefined ? undefined : costs.input + costs.output + costs.cacheWrite + costs.cacheRead;
  };
  return {
    costsOf,
    priceOf,
    worstCase(provider, model, { inputTokens, maxTokens }) {
      const nothing: Usage = { inputTokens: 0, outputTokens: maxTokens, cacheWriteTokens: 0, cacheReadTokens: 0 };
      const plain = priceOf(provider, model, { ...nothing, inputTokens });
      const written = priceOf(provider, model, { ...nothing, cacheWriteTokens: inputTokens });
      const read = priceOf(provider, model, { ...nothing, cacheReadTokens: inputTokens });
      return plain === undefined || written === undefined || read === undefined
        ? undefined
        : Math.max(plain, written, read);
    },
  };
}

/** The price of cache writes that live an hour: from the input price of a prompt of the same length, so of its tier. */
function hourlyWrites(
  realtime: PriceTable,
  { provider, model, usage }: { provider: string; model: string; usage: Usage },
  { cacheWriteOfInput }: BatchPriceRule,
): number | undefined {
  const { inputTokens, cacheWriteTokens, cacheReadTokens } = usage;
  if (cacheWriteOfInput === undefined || cacheWriteTokens === 0) return undefined;
  const prompt = inputTokens + cacheWriteTokens + cacheReadTokens;
  const asInput = { inputTokens: prompt, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };
  const input = realtime.costsOf(provider, model, asInput)?.input;
  return input === undefined ? undefined : (input * cacheWriteTokens * cacheWriteOfInput) / prompt;
}
