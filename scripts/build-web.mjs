// Builds the workbench into dist/web: the page, its compressed forms, and the digest of its sources, by which `serve`
// knows whether the page is up to date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Builds the page into a folder. */
export async function buildWeb(folder = join(root, 'dist', 'web')) {
  const [{ build }, { DIGEST_FILE, digestOfPage }] = await Promise.all([
    import('vite'),
    import('../src/http/page/page-sources.ts'),
  ]);
  // Before the build: what changes while it runs makes the page stale.
  const digest = digestOfPage(root);
  await build({ root: join(root, 'web'), build: { outDir: folder }, logLevel: 'warn' });
  for (const name of readdirSync(folder, { recursive: true })) {
    if (!/\.(js|css|html|svg)$/.test(name)) continue;
    const path = join(folder, name);
    const text = readFileSync(path);
    writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }));
    writeFileSync(`${path}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }));
  }
  writeFileSync(join(folder, DIGEST_FILE), `${digest}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWeb();
