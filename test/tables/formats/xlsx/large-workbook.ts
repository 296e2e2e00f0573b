import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Writes and reads a workbook of ten columns in a process with a heap of 64 MB. */
export async function writeAndReadWorkbook(rows: number): Promise<{ count: number; outsideHeapMb: number }> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-large-')));
  try {
    const script = join(import.meta.dirname, 'xlsx-rows-process.ts');
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--max-old-space-size=64',
      script,
      folder,
      String(rows),
    ]);
    return JSON.parse(stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
}
