import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';

/** Expects that a process with a heap of 48 MB writes a table of many rows and reads all of them again. */
export async function copyInSmallHeap(table: { folder: string; path: string; rows: number }): Promise<void> {
  const script = fileURLToPath(new URL('./large-table.ts', import.meta.url));
  const limits = ['--max-old-space-size=48', '--max-semi-space-size=4'];
  const given = [table.folder, table.path, String(table.rows)];
  const { stdout } = await promisify(execFile)(process.execPath, [...limits, script, ...given]);
  const { rows, buffers } = JSON.parse(stdout);
  expect(rows).toBe(table.rows);
  expect(buffers / 1e6).toBeLessThan(40);
}
