import { describe, expect, it } from 'vitest';
import { NO_USAGE, type Usage } from '../../../src/protocol/messages.ts';
import { createPriceTable } from '../../../src/providers/prices/prices.ts';

const prices = createPriceTable();
const usage = (part: Partial<Usage>): Usage => ({ ...NO_USAGE, ...part });
const MILLION = 1_000_000;

describe('prices', () => {
  it.each([
    ['claude-opus-5-5', 4, 20, 5, 0.2],
    ['claude-sonnet-5-5', 2, 10, 2.5, 0.1],
  ])('of %s are those of the price page', (model, input, output, write, read) => {
    expect(prices.priceOf('anthropic', model, usage({ inputTokens: MILLION }))).toBe(input * MILLION);
    expect(prices.priceOf('anthropic', model, usage({ outputTokens: MILLION }))).toBe(output * MILLION);
    expect(prices.priceOf('anthropic', model, usage({ cacheWriteTokens: MILLION }))).toBe(write * MILLION);
    expect(prices.priceOf('anthropic', model, usage({ cacheReadTokens: MILLION }))).toBe(read * MILLION);
  });

  it('of claude-haiku-5-5 rise for the whole call above 100,000 tokens of prompt, cached ones included', () => {
    const at = usage({ inputTokens: 40_000, cacheWriteTokens: 20_000, cacheReadTokens: 40_000, outputTokens: 1000 });
    expect(prices.priceOf('anthropic', 'claude-haiku-5-5', at)).toBe(4000 + 2500 + 400 + 500);
    const above = { ...at, inputTokens: 40_001 };
    expect(prices.priceOf('anthropic', 'claude-haiku-5-5', above)).toBe(20_000.5 + 12_500 + 2000 + 2500);
  });

  it('are exact below the micro-dollar', () => {
    expect(prices.priceOf('anthropic', 'claude-haiku-5-5', usage({ inputTokens: 1234, outputTokens: 567 }))).toBe(
      406.9,
    );
    expect(prices.priceOf('anthropic', 'claude-opus-5-5', usage({ inputTokens: 3, outputTokens: 7 }))).toBe(152);
  });

  it('of an older model come from the bundled table, dated names included', () => {
    const tokens = usage({ inputTokens: 1000, outputTokens: 100 });
    expect(prices.priceOf('anthropic', 'claude-haiku-4-5', tokens)).toBe(1500);
    expect(prices.priceOf('anthropic', 'claude-sonnet-4-5-20250929', tokens)).toBe(4500);
  });

  it.each([
    ['text-embedding-3-small', 0.02],
    ['text-embedding-3-large', 0.13],
    ['text-embedding-ada-002', 0.1],
  ])('of %s are known, and it writes nothing', (model, input) => {
    expect(prices.priceOf('openai', model, usage({ inputTokens: MILLION }))).toBeCloseTo(input * MILLION, 5);
    expect(prices.worstCase('openai', model, { inputTokens: MILLION, maxTokens: 4096 })).toBeCloseTo(
      input * MILLION,
      5,
    );
  });

  it('count cached tokens once in the bundled table', () => {
    const tokens = usage({ inputTokens: 1000, cacheReadTokens: 10_000, cacheWriteTokens: 1000 });
    expect(prices.priceOf('anthropic', 'claude-haiku-4-5', tokens)).toBe(1000 + 1000 + 1250);
  });

  it.each([
    ['openai', 'gpt-5.1', 1.25, 0.125, 10],
    ['openai', 'gpt-4o-mini-2024-07-18', 0.15, 0.075, 0.6],
    ['gemini', 'gemini-2.5-flash', 0.3, 0.03, 2.5],
    ['bedrock', 'amazon.nova-lite-v1:0', 0.06, 0.015, 0.24],
    ['bedrock', 'anthropic.claude-haiku-4-5-20251001-v1:0', 1.1, 0.11, 5.5],
    ['bedrock', 'us.anthropic.claude-haiku-4-5-20251001-v1:0', 1.1, 0.11, 5.5],
    ['bedrock', 'global.anthropic.claude-haiku-4-5-20251001-v1:0', 1, 0.1, 5],
  ])('of %s/%s come from the bundled table', (provider, model, input, read, output) => {
    expect(prices.priceOf(provider, model, usage({ inputTokens: MILLION }))).toBeCloseTo(input * MILLION, 5);
    expect(prices.priceOf(provider, model, usage({ cacheReadTokens: MILLION }))).toBeCloseTo(read * MILLION, 5);
    expect(prices.priceOf(provider, model, usage({ outputTokens: MILLION }))).toBeCloseTo(output * MILLION, 5);
  });

  it.each([
    ['openai-compatible', 'gpt-4o'],
    ['openai', 'gpt-5.1-tiny'],
    ['gemini', 'gemini-9'],
    ['bedrock', 'anthropic.claude-nothing-v1:0'],
    ['anthropic', 'claude-sonnet-5-9'],
    ['anthropic', 'claude-nothing-1'],
    ['anthropic', 'claude-sonnet-4-5-turbo'],
    ['nobody', 'claude-opus-5-5'],
  ])('of %s/%s are unknown, not 0 and not those of a near name', (provider, model) => {
    expect(prices.priceOf(provider, model, usage({ inputTokens: 1000 }))).toBeUndefined();
    expect(prices.worstCase(provider, model, { inputTokens: 1000, maxTokens: 10 })).toBeUndefined();
  });

  it('of the scripted provider are known to be 0', () => {
    expect(prices.priceOf('scripted', '/any/script.yaml', usage({ inputTokens: 1000 }))).toBe(0);
    expect(prices.worstCase('scripted', '/any/script.yaml', { inputTokens: 1000, maxTokens: 10 })).toBe(0);
  });

  it('can be overridden', () => {
    const table = createPriceTable({ overrides: { 'nobody/m': { input: 1, output: 2, cacheWrite: 3, cacheRead: 4 } } });
    expect(table.priceOf('nobody', 'm', usage({ inputTokens: 10, outputTokens: 10 }))).toBe(30);
  });
});

describe('the worst case', () => {
  it('is never below the price of any usage within its bounds', () => {
    for (const model of ['claude-opus-5-5', 'claude-haiku-5-5', 'claude-haiku-4-5']) {
      for (const inputTokens of [10, 5000, 99_999, 100_001, 180_000]) {
        const worst = prices.worstCase('anthropic', model, { inputTokens, maxTokens: 4096 });
        const parts = [{ inputTokens }, { cacheWriteTokens: inputTokens }, { cacheReadTokens: inputTokens }];
        for (const part of parts) {
          const price = prices.priceOf('anthropic', model, usage({ ...part, outputTokens: 4096 }));
          expect(worst).toBeGreaterThanOrEqual(price ?? Number.NaN);
        }
      }
    }
  });
});
