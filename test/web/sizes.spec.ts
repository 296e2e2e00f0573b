import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from '@playwright/test';

const BUILT = resolve(import.meta.dirname, '../../dist/web');

/** What a visit loads, in KiB after gzip, beside the fonts: the shell, then all of a screen with it. */
const BUDGETS: { [page: string]: { kib: number; screens: string[] } } = {
  shell: { kib: 125, screens: [] },
  queue: { kib: 175, screens: ['batch/batch-layout', 'batch/rows-screen', 'batch/row/row-screen'] },
  monitor: { kib: 150, screens: ['monitor/monitor-screen'] },
  wizard: {
    kib: 195,
    screens: ['wizard-layout', 'data-step', 'columns-step', 'prompt-step', 'schema-step', 'review-step'].map(
      (step) => `wizard/${step}`,
    ),
  },
};

interface Chunk {
  file: string;
  imports?: string[];
  css?: string[];
}

for (const [page, { kib, screens }] of Object.entries(BUDGETS)) {
  test(`the ${page} loads at most ${kib} KiB`, () => {
    const manifest = JSON.parse(readFileSync(join(BUILT, 'manifest.json'), 'utf8')) as { [source: string]: Chunk };
    const files = new Set(['index.html', 'theme.js']);
    const add = (source: string): void => {
      const chunk = manifest[source];
      if (chunk === undefined) throw new Error(`The build has no ${source}.`);
      if (files.has(chunk.file)) return;
      for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file);
      for (const imported of chunk.imports ?? []) add(imported);
    };
    add('index.html');
    for (const screen of screens) add(`src/screens/${screen}.tsx`);
    const bytes = [...files].reduce(
      (sum, file) => sum + gzipSync(readFileSync(join(BUILT, file)), { level: 9 }).length,
      0,
    );
    const loaded = Math.round((bytes / 1024) * 10) / 10;
    test.info().annotations.push({ type: 'KiB', description: String(loaded) });
    expect(loaded).toBeLessThanOrEqual(kib);
  });
}
