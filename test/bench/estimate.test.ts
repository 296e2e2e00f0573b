import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { evaluateEstimates, type JudgedCase, worthOf } from '../../bench/estimate/evaluate.ts';

/** The quick form of `npm run bench -- estimate`: one of each agent but those with tools, and each model. */
const SIZE = { count: 12, rows: 48 };

let folder: string;
let judged: JudgedCase[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-estimate-'));
  judged = await evaluateEstimates(SIZE, { folder, progress: () => undefined });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

it('an estimate before anything ran holds what is paid, within a factor of three', () => {
  const { held, widest, lowestHigh } = worthOf(judged.map(({ before }) => before));
  expect(held).toBeGreaterThanOrEqual(0.9);
  expect(widest).toBeLessThanOrEqual(3);
  expect(lowestHigh).toBeGreaterThanOrEqual(0.9);
});

it('after a sample the rest costs what its estimate says, within a factor of 1.5', () => {
  const { widest, lowestHigh, error } = worthOf(judged.map(({ sampled }) => sampled));
  expect(error).toBeLessThan(0.05);
  expect(widest).toBeLessThanOrEqual(1.5);
  expect(lowestHigh).toBeGreaterThanOrEqual(0.9);
});

it('an estimate after an earlier batch holds what is paid, within a factor of 1.5, and says what it rests on', () => {
  const { held, widest, lowestHigh } = worthOf(judged.map(({ later }) => later));
  expect(held).toBeGreaterThanOrEqual(0.9);
  expect(widest).toBeLessThanOrEqual(1.5);
  expect(lowestHigh).toBeGreaterThanOrEqual(0.9);
  expect(judged[0]?.basis).toContain('measured on 48 rows of an earlier batch of this agent');
});
