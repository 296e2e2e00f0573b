import { expect, test } from 'vitest';
import { type AgainstContext, compareCheckouts } from '../../../bench/against/compare.ts';

const CONTEXT: AgainstContext = {
  isQuick: true,
  pairs: 1,
  server: { url: '', answered: async () => 0, close: () => undefined },
  folder: '',
  progress: () => undefined,
  other: { name: 'v1', root: '/v1' },
  sizes: [],
};

async function compare(figures: Record<string, readonly [before: number, after: number]>) {
  const run = async ({ root }: { root: string }) =>
    Object.fromEntries(
      Object.entries(figures).map(([name, [before, after]]) => [name, root === '/v1' ? before : after]),
    );
  const trial = {
    what: 'a batch',
    figures: [{ name: 'speed', better: 'more' as const }, { name: 'time', better: 'less' as const }, { name: 'shown' }],
    run,
  };
  return compareCheckouts({ title: 'Batches', about: 'What it is.', trials: [trial] }, CONTEXT);
}

test('prints what the other checkout has before what this one has', async () => {
  const { rows } = await compare({ speed: [200, 198], time: [10, 10], shown: [1, 3] });
  expect(rows[0]).toEqual(['a batch', 'speed', '200', '198', '0.990']);
});

test('fails a figure that is more than 5 % worse, whichever way is better', async () => {
  const { verdicts } = await compare({ speed: [200, 189], time: [10, 10.6], shown: [1, 3] });
  expect(verdicts.map(({ holds }) => holds)).toEqual([false, false]);
});

test('takes a figure that is up to 5 % worse, or better', async () => {
  const { verdicts } = await compare({ speed: [200, 191], time: [10, 2], shown: [1, 3] });
  expect(verdicts.map(({ holds }) => holds)).toEqual([true, true]);
});
