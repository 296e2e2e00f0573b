import { mkdtemp, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { copyInSmallHeap } from '../support/small-heap.ts';

it('writes and reads a million rows in a heap of 48 MB', async () => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-million-')));
  const path = join(folder, 'million.csv.gz');
  await copyInSmallHeap({ folder, path, rows: 1_000_000 });
  expect((await stat(path)).size).toBeGreaterThan(1e6);
  await rm(folder, { recursive: true });
}, 120_000);
