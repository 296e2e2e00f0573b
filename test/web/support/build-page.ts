import { execFileSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { openPage } from '../../../src/http/page/open-page.ts';

/** Builds the page before the tests, unless it is up to date. */
export default function buildPage(): void {
  const root = resolve(import.meta.dirname, '../../..');
  if (!('fault' in openPage(root).document())) return;
  execFileSync(process.execPath, [join(root, 'scripts', 'build-web.mjs')], { stdio: 'inherit' });
}
