import { test } from 'vitest';
import { readRandomFiles } from '../tables/formats/csv/random-files.ts';

test('reads 20,000 texts, however broken and wherever they are cut, to the same rows, and counts as many', () => {
  readRandomFiles(20_000);
});
