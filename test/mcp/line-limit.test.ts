import { expect, it } from 'vitest';
import { createLineLimit } from '../../src/mcp/line-limit.ts';

/** What comes out of chunks, and how many lines were dropped. */
async function through(chunks: string[], maxBytes: number): Promise<{ text: string; dropped: number; held: number }> {
  let dropped = 0;
  const drop = () => {
    dropped += 1;
  };
  const limit = createLineLimit(drop, { maxBytes });
  let text = '';
  limit.on('data', (chunk) => {
    text += String(chunk);
  });
  let held = 0;
  for (const chunk of chunks) {
    limit.write(chunk);
    held = Math.max(held, limit.writableLength);
  }
  limit.end();
  await new Promise((resolve) => limit.on('end', resolve));
  return { text, dropped, held };
}

it('passes lines on whole, however they are cut, and the rest at the end', async () => {
  const text = 'one\ntwo\n\nthree\nrest';
  for (const size of [1, 2, 3, 7, 100]) {
    const chunks = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
    expect(await through(chunks, 10)).toMatchObject({ text, dropped: 0 });
  }
});

it('drops a line that is too long, tells it once, and goes on with the next', async () => {
  const long = 'x'.repeat(11);
  expect(await through(['one\n', long, long, long, '\ntwo\n'], 10)).toMatchObject({ text: 'one\ntwo\n', dropped: 1 });
  expect(await through([`one\n${long}\n${long}\ntwo\n`], 10)).toMatchObject({ text: 'one\ntwo\n', dropped: 2 });
  expect(await through([long, long], 10)).toMatchObject({ text: '', dropped: 1 });
});

it('takes a line of exactly the limit', async () => {
  expect(await through([`${'x'.repeat(10)}\n`], 10)).toMatchObject({ text: `${'x'.repeat(10)}\n`, dropped: 0 });
});
