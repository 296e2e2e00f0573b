import { describe, expect, it } from 'vitest';
import { NO_USAGE, type Usage } from '../../../src/protocol/messages.ts';
import { createBatchPriceTable, hasBatchPrice } from '../../../src/providers/prices/batch-prices.ts';
import { createPriceTable } from '../../../src/providers/prices/prices.ts';

const realtime = createPriceTable({
  overrides: {
    'openai/gpt-test': { input: 2, output: 8, cacheWrite: 2, cacheRead: 0.2 },
    'gemini/gemini-test': { input: 2, output: 8, cacheWrite: 2, cacheRead: 0.2 },
    'bedrock/claude-test': { input: 2, output: 8, cacheWrite: 2, cacheRead: 0.2 },
  },
});
const batch = createBatchPriceTable(realtime);
const usage = (part: Partial<Usage>): Usage => ({ ...NO_USAGE, ...part });

describe('batch prices', () => {
  it.each([
    ['anthropic', 'claude-haiku-5-5'],
    ['openai', 'gpt-test'],
    ['gemini', 'gemini-test'],
    ['bedrock', 'claude-test'],
  ])('of %s are half of those of real time', (provider, model) => {
    const tokens = usage({ inputTokens: 1234, outputTokens: 567 });
    expect(batch.priceOf(provider, model, tokens)).toBe(Number(realtime.priceOf(provider, model, tokens)) / 2);
    expect(hasBatchPrice(provider)).toBe(true);
  });

  it('of cached tokens are half as well, but not those of Gemini', () => {
    const tokens = usage({ cacheReadTokens: 1000 });
    expect(batch.priceOf('anthropic', 'claude-opus-5-5', tokens)).toBe(100);
    expect(batch.priceOf('openai', 'gpt-test', tokens)).toBe(100);
    expect(batch.priceOf('gemini', 'gemini-test', tokens)).toBe(200);
  });

  it.each([
    ['claude-opus-5-5', 4000],
    ['claude-sonnet-5-5', 2000],
    ['claude-haiku-5-5', 100],
  ])('of what %s writes to its cache are half of those of an hour', (model, price) => {
    expect(batch.priceOf('anthropic', model, usage({ cacheWriteTokens: 1000 }))).toBe(price);
  });

  it('of a long prompt stay in its tier', () => {
    const tokens = usage({ inputTokens: 40_000, cacheWriteTokens: 60_000, cacheReadTokens: 40_000 });
    expect(batch.priceOf('anthropic', 'claude-haiku-5-5', tokens)).toBe(10_000 + 30_000 + 1000);
  });

  it('bound a call that has no answer yet', () => {
    const bounds = { inputTokens: 1000, maxTokens: 100 };
    expect(batch.worstCase('anthropic', 'claude-opus-5-5', bounds)).toBe(4000 + 1000);
    expect(batch.worstCase('openai', 'gpt-test', bounds)).toBe(1000 + 400);
  });

  it('are unknown where there are no jobs, or no price', () => {
    expect(batch.priceOf('openai-compatible', 'gpt-test', usage({ inputTokens: 1 }))).toBeUndefined();
    expect(batch.priceOf('anthropic', 'claude-nobody-knows', usage({ inputTokens: 1 }))).toBeUndefined();
    expect(hasBatchPrice('scripted')).toBe(false);
  });
});
