import { randomBytes } from 'node:crypto';
import { linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The secret of a data directory, created on first use; all processes on the directory get the same one.
 * The file is written under another name and then linked: no process reads a partial file, and of two concurrent
 * creators only one wins.
 */
export function readDataKey(dataDir: string): Buffer {
  const path = join(dataDir, 'confirmation.key');
  const known = readIfThere(path);
  if (known !== undefined) return known;
  const own = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  writeFileSync(own, randomBytes(32), { mode: 0o600, flag: 'wx' });
  try {
    linkSync(own, path);
  } catch (thrown) {
    if (!hasCode(thrown, 'EEXIST')) throw thrown;
  } finally {
    rmSync(own);
  }
  return readFileSync(path);
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}

function hasCode(thrown: unknown, code: string): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === code;
}
