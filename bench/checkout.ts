import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A checkout of Rowmill that can be measured. */
export interface Checkout {
  /** The git ref or the folder, as it was given. */
  name: string;
  root: string;
}

/** The checkout that this bench belongs to. */
export const OWN: Checkout = { name: 'this checkout', root: fileURLToPath(new URL('..', import.meta.url)) };

/**
 * Another checkout, for `--against`: a folder as it is, or the files of a git ref, put into `target` and run with the
 * packages of this checkout. Git keeps no record of it.
 * @throws Error when it is neither a folder with a bench nor a ref of this repository
 */
export function openCheckout(refOrFolder: string, target: string): Checkout {
  if (existsSync(join(refOrFolder, 'bench'))) return { name: refOrFolder, root: resolve(refOrFolder) };
  const git = (args: string[]) => execFileSync('git', args, { cwd: OWN.root, maxBuffer: 2 ** 30, stdio: 'pipe' });
  let archive: Buffer;
  try {
    archive = git(['archive', '--format=tar', refOrFolder]);
  } catch (cause) {
    throw new Error(`--against ${refOrFolder}: no folder with a bench, and no ref of this repository`, { cause });
  }
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-x', '-C', target], { input: archive });
  symlinkSync(join(OWN.root, 'node_modules'), join(target, 'node_modules'));
  return { name: refOrFolder, root: target };
}
