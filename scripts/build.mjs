// Bundles src/ into dist/: a start reads a few files instead of hundreds. The folder is emptied first, so that no file of an
// earlier build is packed. Types are checked by `npm run check`, not here.
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { buildWeb } from './build-web.mjs';
import { licencesOf } from './licences.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dir = resolve(process.argv[2] ?? `${root}/dist`);
// The bench builds a client of its own as the program, to measure the code that is installed.
const main = process.argv[3] ?? 'src/main.ts';
rmSync(dir, { recursive: true, force: true });

/**
 * What is imported and not a dependency is bundled, with what it needs itself: the packages that nearly every start needs
 * are development dependencies. Why: docs/decisions.md. These are bundled and installed as well: `rowmill/client` imports
 * the one, and the SDK of traces, which is not bundled, the other.
 */
const BOTH = ['openapi-fetch', '@opentelemetry/api'];
const { dependencies, optionalDependencies } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));
const outside = [...Object.keys({ ...dependencies, ...optionalDependencies }), ...builtinModules].filter(
  (name) => !BOTH.includes(name),
);

async function bundle({ input, external, plugins, ...output }) {
  const bundling = await rolldown({
    cwd: root,
    input,
    platform: 'node',
    external,
    plugins,
    onwarn: (warning) => {
      throw new Error(warning.message);
    },
  });
  const written = await bundling.write({
    dir,
    // V8 keeps the source of each module. One character beyond Latin-1 makes it two bytes a character.
    charset: 'ascii',
    comments: false,
    ...output,
  });
  await bundling.close();
  return written.output;
}

/** The default of a package outside that is or was a module is not what `import` gives: the package has to be bundled. */
function refuseDefaults(code) {
  const load = createRequire(import.meta.url);
  for (const [, local, name] of code.matchAll(/let (\w+) = require\("([^./][^"]*)"\);\n\1 = /g)) {
    if (code.includes(`${local}.default`) && load(name).__esModule)
      throw new Error(
        `${name} is imported by its default, and is a module: move it to devDependencies, and it is bundled.`,
      );
  }
}

// The program, and the threads that it starts by the names of their files: all in one folder, where they are found. Node
// loads CommonJS sooner, and without the parts of its own modules that only some programs use.
const program = await bundle({
  input: {
    main,
    'module-thread': 'src/agent/tools/module-thread.ts',
    'watchdog-thread': 'src/app/watchdog-thread.ts',
    'keep-alive-thread': 'src/worker/keep-alive-thread.ts',
  },
  external: (id) => id.startsWith('node:') || outside.some((name) => id === name || id.startsWith(`${name}/`)),
  plugins: [
    {
      name: 'load-later',
      // A package that is bundled is loaded by a `require` that the bundler can see.
      transform: (code, id) =>
        id.startsWith(resolve(root, 'src'))
          ? code.replace(/\bloadLater(?:<.*>)?\('(.+?)'\)/g, (call, name) =>
              outside.includes(name) ? call : `(() => { let made; return () => (made ??= require('${name}')); })()`,
            )
          : undefined,
    },
  ],
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name]-[hash].cjs',
});
for (const { code = '' } of program) refuseDefaults(code);
writeFileSync(resolve(dir, 'LICENCES.txt'), licencesOf(program));

// What other programs import: rowmill/client.
await bundle({
  input: { client: 'src/client/client.ts' },
  external: /^[^./]/,
  format: 'esm',
  entryFileNames: '[name].js',
});

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
