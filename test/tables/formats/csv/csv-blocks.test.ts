import { test } from 'vitest';
import { readRandomFiles } from './random-files.ts';

test('reads any text, however broken and wherever it is cut, to the same rows, and counts as many', () => {
  readRandomFiles(3000);
});
