import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Usage } from '../../../src/protocol/messages.ts';
import { readPriceFile } from '../../../src/providers/prices/price-file.ts';
import { createPriceTable } from '../../../src/providers/prices/prices.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-prices-'));
});
afterAll(() => rm(folder, { recursive: true }));

const usage: Usage = { inputTokens: 1000, outputTokens: 100, cacheWriteTokens: 10, cacheReadTokens: 1 };

async function written(text: string, name = 'prices.yaml'): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

describe('a price file', () => {
  it('goes before the bundled prices; a cache price that is left out is the input price', async () => {
    const path = await written(
      'openai/gpt-x: {input: 2, output: 8}\nanthropic/claude-haiku-5-5: {input: 1, output: 1}\n',
    );
    const table = createPriceTable({ overrides: readPriceFile(path) });
    expect(table.priceOf('openai', 'gpt-x', usage)).toBe(2000 + 800 + 20 + 2);
    expect(table.priceOf('anthropic', 'claude-haiku-5-5', usage)).toBe(1111);
    expect(table.priceOf('anthropic', 'claude-opus-5-5', { ...usage, cacheWriteTokens: 0 })).toBe(6000.2);
    expect(table.priceOf('openai', 'gpt-y', usage)).toBeUndefined();
  });

  it('may be JSON, and price long prompts apart', async () => {
    const model = {
      ...{ input: 1, output: 2, cache_write: 3, cache_read: 4, long_prompt_tokens: 1011 },
      long_prompt: { input: 10, output: 20, cache_write: 30, cache_read: 40 },
    };
    const table = createPriceTable({
      overrides: readPriceFile(await written(JSON.stringify({ 'a/m': model }), 'p.json')),
    });
    expect(table.costsOf('a', 'm', usage)).toEqual({ input: 1000, output: 200, cacheWrite: 30, cacheRead: 4 });
    const longer = { ...usage, inputTokens: 1001 };
    expect(table.costsOf('a', 'm', longer)).toEqual({ input: 10_010, output: 2000, cacheWrite: 300, cacheRead: 40 });
  });

  it('that is empty changes nothing', async () => {
    expect(readPriceFile(await written(''))).toEqual({});
  });

  it.each([
    ['an unknown key', 'a/m:\n  input: 1\n  output: 2\n  cached: 3\n', /prices\.yaml:1 .*a\/m: .*cached/],
    [
      'a price that is text',
      '# comment\na/m:\n  input: 1\n  output: cheap\n',
      /prices\.yaml:4 .*a\/m → output: must be a number/,
    ],
    ['a price below 0', 'a/m: {input: -1, output: 2}\n', /prices\.yaml:1 .*a\/m → input: must not be below 0/],
    ['a missing price', 'a/m: {input: 1}\n', /a\/m → output: must be a number of dollars/],
    [
      'a name without a provider',
      'a/m: {input: 1, output: 1}\nclaude: {input: 1, output: 1}\n',
      /:2 .*claude: must be written provider\/model/,
    ],
    ['half a long prompt', 'a/m: {input: 1, output: 1, long_prompt_tokens: 5}\n', /a\/m: needs long_prompt and/],
    ['a list', '- a\n', /the file: /],
    ['a model twice', 'a/m: {input: 1, output: 1}\na/m: {input: 1, output: 1}\n', /prices\.yaml:2 .*unique/],
    ['broken YAML', 'a/m: {input: 1\n', /prices\.yaml:\d .*ROWMILL_PRICES/],
  ])('with %s is refused with its place', async (_, text, message) => {
    const path = await written(text);
    expect(() => readPriceFile(path)).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    expect(() => readPriceFile(path)).toThrow(message);
  });

  it('that is not there is refused with its name', () => {
    expect(() => readPriceFile(join(folder, 'nope.yaml'))).toThrow(/ROWMILL_PRICES names .*nope\.yaml/);
  });
});

describe('costs by kind of token', () => {
  it.each(['claude-haiku-5-5', 'claude-haiku-4-5', 'claude-sonnet-4-5'])('of %s sum to the price', (model) => {
    const table = createPriceTable();
    for (const inputTokens of [3, 1000, 190_000, 250_000]) {
      const tokens = { ...usage, inputTokens, cacheWriteTokens: 777, cacheReadTokens: 4321 };
      const costs = table.costsOf('anthropic', model, tokens);
      const sum = Object.values(costs ?? {}).reduce((total, cost) => total + cost, 0);
      expect(sum).toBeCloseTo(table.priceOf('anthropic', model, tokens) ?? Number.NaN, 9);
      expect(Object.values(costs ?? {}).every((cost) => cost > 0)).toBe(true);
    }
  });

  it('of a bundled model split a cached prompt by its own prices', () => {
    const costs = createPriceTable().costsOf('anthropic', 'claude-haiku-4-5', {
      ...{ inputTokens: 1000, outputTokens: 200, cacheWriteTokens: 1000, cacheReadTokens: 10_000 },
    });
    expect(costs).toEqual({ input: 1000, output: 1000, cacheWrite: 1250, cacheRead: 1000 });
  });

  it('of an unknown model are unknown', () => {
    expect(createPriceTable().costsOf('nobody', 'm', usage)).toBeUndefined();
  });
});
