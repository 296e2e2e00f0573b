import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openPage } from '../../../src/http/page/open-page.ts';

/** Builds the page before the tests, and the program, which starts in half the time; neither when it is up to date. */
export default function build(): void {
  const root = resolve(import.meta.dirname, '../../..');
  if (!isProgramBuilt(root)) run(root, 'build.mjs');
  else if ('fault' in openPage(root).document()) run(root, 'build-web.mjs');
}

function run(root: string, script: string): void {
  execFileSync(process.execPath, [join(root, 'scripts', script)], { stdio: 'inherit' });
}

/** By the rule of the launcher, which runs the sources when they are newer. */
function isProgramBuilt(root: string): boolean {
  const built = join(root, 'dist', 'main.cjs');
  if (!existsSync(built)) return false;
  const { mtimeMs } = statSync(built);
  const source = join(root, 'src');
  return readdirSync(source, { recursive: true, encoding: 'utf8' }).every(
    (path) => statSync(join(source, path)).mtimeMs < mtimeMs,
  );
}
