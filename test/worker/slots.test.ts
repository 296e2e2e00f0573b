import { expect, test } from 'vitest';
import { createSlots } from '../../src/worker/slots.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Enters calls of runs, and keeps the order in which they got a slot. */
const entering = (count: number) => {
  const slots = createSlots(count);
  const got: string[] = [];
  return { slots, got, enter: (run: string) => void slots.enter(run).then(() => got.push(run)) };
};

test('as many runs as there are slots have one, the others in the order of their calls', async () => {
  const { slots, got, enter } = entering(2);
  for (const run of ['a', 'b', 'c', 'd']) enter(run);
  await turn();
  expect(got).toEqual(['a', 'b']);
  slots.leave('b');
  await turn();
  expect(got).toEqual(['a', 'b', 'c']);
  slots.leave('a');
  slots.leave('c');
  await turn();
  expect(got).toEqual(['a', 'b', 'c', 'd']);
});

test('a run keeps its slot until all its calls have ended', async () => {
  const { slots, got, enter } = entering(1);
  for (const run of ['a', 'a', 'b']) enter(run);
  await turn();
  expect(got).toEqual(['a', 'a']);
  slots.leave('a');
  await turn();
  expect(got).toEqual(['a', 'a']);
  slots.leave('a');
  await turn();
  expect(got).toEqual(['a', 'a', 'b']);
});

test('a run that waits for its next grant lets another one run, and waits for it then', async () => {
  const { slots, got, enter } = entering(1);
  enter('a');
  enter('b');
  slots.leave('a');
  enter('a');
  await turn();
  expect(got).toEqual(['a', 'b']);
  slots.leave('b');
  await turn();
  expect(got).toEqual(['a', 'b', 'a']);
});
