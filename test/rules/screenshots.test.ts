import { globSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { SCREENS } from '../web/support/screens.ts';

const DOCS = resolve(import.meta.dirname, '../../docs');
const MOST_BYTES = 150_000;

test('docs/workbench.md shows the picture of every screen, and each is small', () => {
  const guide = readFileSync(join(DOCS, 'workbench.md'), 'utf8');
  const shown = [...guide.matchAll(/\(screenshots\/([\w-]+)\.webp\)/g)].map(([, name]) => name);
  expect(shown).toEqual(Object.keys(SCREENS));
  const kept = globSync('screenshots/*', { cwd: DOCS });
  expect(kept.toSorted()).toEqual(shown.map((name) => `screenshots/${name}.webp`).toSorted());
  expect(kept.filter((path) => statSync(join(DOCS, path)).size > MOST_BYTES)).toEqual([]);
});
