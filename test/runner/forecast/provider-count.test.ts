import { afterEach, expect, it } from 'vitest';
import type { ModelRequest } from '../../../src/protocol/messages.ts';
import type { Provider } from '../../../src/providers/provider.ts';
import { createProviderCount } from '../../../src/runner/forecast/provider-count.ts';
import { startWorld, table, type World, words } from '../world.ts';

let world: World | undefined;
afterEach(() => world?.close());

const REQUEST: ModelRequest = { model: 'm', system: 's', messages: [], tools: [], maxTokens: 10 };

/** A provider that counts as the function says, and the requests that it was asked for. */
function counting(count: (request: ModelRequest) => number | undefined): { provider: Provider; asked: ModelRequest[] } {
  const asked: ModelRequest[] = [];
  const provider: Provider = {
    name: 'anthropic',
    respond: async () => {
      throw new Error('nothing is sent');
    },
    countTokens: async (request) => {
      asked.push(request);
      return count(request);
    },
    close: async () => undefined,
  };
  return { provider, asked };
}

it('asks once for a request, however often it is planned', async () => {
  const { provider, asked } = counting(() => 42);
  const count = createProviderCount(() => 0);
  expect([await count(REQUEST, provider), await count({ ...REQUEST }, provider)]).toEqual([42, 42]);
  expect(await count({ ...REQUEST, system: 'other' }, provider)).toBe(42);
  expect(asked).toHaveLength(2);
});

it('does not ask a provider again for a minute that gave no count', async () => {
  let at = 0;
  const { provider, asked } = counting(() => {
    throw new Error('no network');
  });
  const count = createProviderCount(() => at);
  expect(await count(REQUEST, provider)).toBeUndefined();
  at = 59_999;
  expect(await count(REQUEST, provider)).toBeUndefined();
  expect(asked).toHaveLength(1);
  at = 60_000;
  await count(REQUEST, provider);
  expect(asked).toHaveLength(2);
});

/** The estimate of twelve rows by a provider that counts so. */
async function estimateBy(count: ((request: ModelRequest) => number | undefined) | undefined) {
  const { provider, asked } = counting(count ?? (() => undefined));
  const providerCount = count === undefined ? {} : { providerCount: createProviderCount(() => 0) };
  world = await startWorld({ deps: { provider: async () => provider, ...providerCount } });
  await world.write('table.csv', table(words(12)));
  const { estimate } = await world.runner.plan(world.request());
  await world.close();
  world = undefined;
  if (estimate === null) throw new Error('there is no estimate');
  return { estimate, asked };
}

/** About as many tokens as the usual estimate expects of a request, with the hidden prompt for its tool. */
const USUAL = 480;

it('an estimate follows the count of the provider, says so, and its range is smaller', async () => {
  const usual = await estimateBy(undefined);
  const few = await estimateBy(() => USUAL);
  const many = await estimateBy(() => USUAL + 50);
  expect(usual.estimate.basis).toContain("(from the requests and the answer's schema;");
  expect(many.estimate.basis).toContain("(from the requests as anthropic counts tokens and the answer's schema;");
  const input = ({ estimate }: typeof many) => estimate.tokens?.input ?? 0;
  const more = (input(many) - input(few)) / 12;
  expect(more).toBeGreaterThan(40);
  expect(more).toBeLessThan(75);
  const width = ({ estimate: { cost_usd: cost } }: typeof many) => (cost?.high ?? 0) / (cost?.low ?? 1);
  expect(width(many)).toBeLessThan(width(usual));
});

it('sends no cell of the table for it', async () => {
  const { asked } = await estimateBy(() => USUAL);
  expect(asked).toHaveLength(1);
  const sent = JSON.stringify(asked);
  for (const word of words(12)) expect(sent).not.toContain(word);
});

it.each([
  ['that can not be made', () => undefined],
  ['of something else', () => 100_000],
])('an estimate is as usual after a count %s', async (_, count) => {
  const [usual, given] = [await estimateBy(undefined), await estimateBy(count)];
  expect(given.estimate).toEqual(usual.estimate);
});
