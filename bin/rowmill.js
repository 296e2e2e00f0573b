#!/usr/bin/env node
// The launcher. It is plain JavaScript that any Node since 12.20 can parse, so that an old one prints a message
// instead of a syntax error: no `??`, no `?.`, no `node:` imports. It is CommonJS by `bin/package.json`, without
// Node's loader of modules: docs/decisions.md.
// biome-ignore-all lint/style/useNodejsImportProtocol: Node 12 does not know the `node:` prefix
// biome-ignore-all lint/complexity/useOptionalChain: Node 12 does not parse it
const { existsSync, readdirSync, realpathSync, statSync } = require('fs');
const { dirname, extname, join } = require('path');

/**
 * The oldest minor version of each supported major. Before them `node:sqlite` binds numbered parameters wrongly, or
 * `node:http` ignores proxies: docs/decisions.md.
 */
const OLDEST = { 22: 21, 24: 11 };
/** Time that a process with an exit code may still take to end. */
const WIND_UP_MS = 500;
/** Commands that run rows or read tables: their memory is bounded. Others answer 20 ms sooner without. */
const BOUNDED = ['analyze', 'batches', 'bedrock-processing', 'chat', 'demo', 'run', 'runner', 'serve', 'worker'];
/**
 * Bounds that V8 takes on the command line only: each half of the young generation, in MB, and its threads. A half of 8 MB
 * would save 10 MB and cost 16 % of processor time.
 */
const BOUNDS = ['--max-semi-space-size=16', '--v8-pool-size=2'];
const root = dirname(dirname(realpathSync(__filename)));

const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 24 || minor >= OLDEST[major]) start();
else restart();

function start() {
  silenceExperiments();
  bound();
  const { enableCompileCache } = require('module');
  if (enableCompileCache) enableCompileCache();
  load(chooseEntry())
    .then((entry) => entry.main(process.argv, process.env))
    .then(
      (code) => {
        if (typeof code === 'number') process.exitCode = code;
        // A handle that was left open must not keep a finished command alive.
        setTimeout(() => process.exit(), WIND_UP_MS).unref();
      },
      (error) => {
        process.stderr.write(`rowmill: ${(error && error.stack) || error}\n`);
        process.exit(1);
      },
    );
}

/** The built program is CommonJS; the sources are modules. */
async function load(entry) {
  return extname(entry) === '.cjs' ? require(entry) : import(require('url').pathToFileURL(entry).href);
}

/**
 * Starts this process once more in its own place: its pid, standard streams and terminal stay the same. Measured over
 * 50,000 rows: docs/decisions.md.
 */
function bound() {
  const isBounded = process.execArgv.includes(BOUNDS[0]);
  // glibc would keep what threads have freed in an arena for each of them. The environment of tools is without it.
  if (isBounded) delete process.env.MALLOC_ARENA_MAX;
  if (isBounded || !BOUNDED.includes(process.argv[2]) || !canReplaceItself()) return;
  const args = process.execArgv.concat(BOUNDS, process.argv.slice(1));
  const env = Object.assign({}, process.env, { MALLOC_ARENA_MAX: '1' });
  process.execve(process.execPath, [process.execPath].concat(args), env);
}

/** Not on Windows, not while another Node process holds a channel to this one, not when an update removed this Node. */
function canReplaceItself() {
  return process.platform !== 'win32' && !!process.execve && !process.connected && existsSync(process.execPath);
}

/** Node 22 and 24 warn on stderr that SQLite, and 22 that running TypeScript, are experimental. */
function silenceExperiments() {
  const emit = process.emitWarning;
  process.emitWarning = (warning, ...details) => {
    if (!/^(SQLite|Type Stripping) is an experimental/.test(String(warning))) emit(warning, ...details);
  };
}

/** The built program, or the sources of a checkout where they are newer. */
function chooseEntry() {
  const built = join(root, 'dist', 'main.cjs');
  const source = join(root, 'src', 'main.ts');
  if (!existsSync(source)) return built;
  if (!existsSync(built)) return source;
  return statSync(built).mtimeMs > newestIn(join(root, 'src')) ? built : source;
}

function newestIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((newest, entry) => {
    const path = join(folder, entry.name);
    return Math.max(newest, entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs);
  }, statSync(folder).mtimeMs);
}

/** Runs the same command on the Node in `node_modules`; without one, prints what to install. */
function restart() {
  const pinned = join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (!existsSync(pinned) || realpathSync(pinned) === realpathSync(process.execPath)) {
    const fix = existsSync(join(root, 'src'))
      ? `Run "npm ci" in ${root}, which installs one`
      : `Install one from https://nodejs.org, or start it with: npx -y node@24 "${__filename}"`;
    process.stderr.write(
      `rowmill: needs Node.js 22.21, 24.11 or newer; this is ${process.version} (${process.execPath}). ${fix}\n`,
    );
    process.exit(1);
  }
  const child = require('child_process').spawn(pinned, [__filename].concat(process.argv.slice(2)), {
    stdio: 'inherit',
  });
  const forward = (signal) => {
    // A terminal sends Ctrl-C to the whole process group: forwarding it would make the child receive it twice.
    if (signal === 'SIGINT' && require('tty').isatty(0)) return;
    child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  signals.forEach((signal) => {
    process.on(signal, forward);
  });
  child.on('error', (error) => {
    process.stderr.write(`rowmill: ${pinned} can't be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    signals.forEach((name) => {
      process.removeListener(name, forward);
    });
    if (signal) process.kill(process.pid, signal);
    else process.exit(code === null ? 1 : code);
  });
}
