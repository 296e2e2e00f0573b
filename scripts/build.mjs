// Bundles src/ into dist/: a start reads a few files instead of hundreds. Packages stay outside. The folder is emptied
// first, so that no file of an earlier build is packed. Types are checked by `npm run check`, not here.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { buildWeb } from './build-web.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dir = resolve(process.argv[2] ?? `${root}/dist`);
// The bench builds a client of its own as the program, to measure the code that is installed.
const main = process.argv[3] ?? 'src/main.ts';
rmSync(dir, { recursive: true, force: true });

const bundle = await rolldown({
  cwd: root,
  // The program, and the threads that it starts by the names of their files.
  input: {
    main,
    'module-thread': 'src/agent/tools/module-thread.ts',
    'watchdog-thread': 'src/app/watchdog-thread.ts',
    'keep-alive-thread': 'src/worker/keep-alive-thread.ts',
    // What other programs import: rowmill/client.
    client: 'src/client/client.ts',
  },
  platform: 'node',
  external: /^[^./]/,
  onwarn: (warning) => {
    throw new Error(warning.message);
  },
});
// All files in one folder: the threads are found beside the file that starts them.
await bundle.write({
  dir,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: '[name]-[hash].js',
  // V8 keeps the source of each module. One character beyond Latin-1 makes it two bytes a character.
  charset: 'ascii',
  comments: false,
});
await bundle.close();

// The types of the client; the rest of the program is no library.
const tsc = resolve(root, 'node_modules', 'typescript', 'bin', 'tsc');
const emit = ['--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', dir];
const options = ['--module', 'nodenext', '--target', 'es2024', '--strict', '--rewriteRelativeImportExtensions'];
execFileSync(
  process.execPath,
  [tsc, '--ignoreConfig', ...emit, ...options, '--skipLibCheck', '--rootDir', 'src/client', 'src/client/client.ts'],
  { cwd: root, stdio: 'inherit' },
);
// A declaration keeps the extension of its imports.
const types = resolve(dir, 'client.d.ts');
writeFileSync(types, readFileSync(types, 'utf8').replace("'./api.ts'", "'./api.js'"));

await buildWeb(resolve(dir, 'web'));
