import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspace, LAUNCHER, ROOT, type Workspace } from '../cli/workspace.ts';

/** A Node of the system that is too old, if there is one. */
function findOldNode(): string | undefined {
  return ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
    try {
      return Number(execFileSync(path, ['-p', 'process.versions.node.split(".")[0]'], { encoding: 'utf8' })) < 22;
    } catch {
      return false;
    }
  });
}

const oldNode = findOldNode();
const NO_OLD_NODE = 'there is no Node below 22 on this machine';

/** An entry that says which one it is: a module in src, CommonJS in dist. */
const entry = (name: 'src' | 'dist') =>
  `${name === 'src' ? 'export const ' : 'exports.'}main = async () => { process.stdout.write('${name}\\n'); return 7; };\n`;

describe('what the launcher starts', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'rowmill-launcher-'));
    cpSync(dirname(LAUNCHER), join(root, 'bin'), { recursive: true });
    writeFileSync(join(root, 'package.json'), '{"type": "module"}');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  function put(path: string, text: string, seconds: number): void {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
    utimesSync(join(root, path), seconds, seconds);
  }

  /** Folders keep the time of their last entry: set it as well. */
  function age(folder: string, seconds: number): void {
    utimesSync(join(root, folder), seconds, seconds);
  }

  function launch(node = process.execPath): { code: number; stdout: string; stderr: string } {
    try {
      const stdout = execFileSync(node, [join(root, 'bin', 'rowmill.js')], { encoding: 'utf8', stdio: 'pipe' });
      return { code: 0, stdout, stderr: '' };
    } catch (thrown) {
      const { status, stdout, stderr } = thrown as { status: number; stdout: string; stderr: string };
      return { code: status, stdout, stderr };
    }
  }

  it('is dist where there is no src, and its status is passed on', () => {
    put('dist/main.cjs', entry('dist'), 1000);
    expect(launch()).toEqual({ code: 7, stdout: 'dist\n', stderr: '' });
  });

  it('is src where there is no dist', () => {
    put('src/main.ts', entry('src'), 1000);
    expect(launch()).toEqual({ code: 7, stdout: 'src\n', stderr: '' });
  });

  it('is dist only while it is newer than every file of src', () => {
    put('src/main.ts', entry('src'), 1000);
    put('src/deep/part.ts', '', 1000);
    put('dist/main.cjs', entry('dist'), 2000);
    age('src/deep', 1000);
    age('src', 1000);
    expect(launch().stdout).toBe('dist\n');
    put('src/deep/part.ts', '', 3000);
    expect(launch().stdout).toBe('src\n');
  });

  it('starts dist without the loader of modules', () => {
    put('dist/main.cjs', 'exports.main = async () => console.log(require.main?.filename);', 1000);
    expect(launch().stdout).toBe(`${realpathSync(join(root, 'bin', 'rowmill.js'))}\n`);
  });

  it.skipIf(oldNode === undefined)(`says on an old Node what to install, in one line (skipped: ${NO_OLD_NODE})`, () => {
    put('dist/main.cjs', entry('dist'), 1000);
    const done = launch(oldNode);
    expect(done.code).toBe(1);
    expect(done.stdout).toBe('');
    expect(done.stderr).toMatch(
      /^rowmill: needs Node\.js 22\.21, 24\.11 or newer; this is v\d+.* Install one from https:\/\/nodejs\.org, or start it with: npx -y node@24 "\/.*\/rowmill\.js"\n$/,
    );
  });

  it('asks for the Node versions of package.json, and hides only that SQLite and TypeScript are experimental there', () => {
    const { engines } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(engines.node).toBe('^22.21.0 || >=24.11.0');
    expect(readFileSync(LAUNCHER, 'utf8')).toContain('const OLDEST = { 22: 21, 24: 11 };');
    put(
      'dist/main.cjs',
      `require('node:sqlite');
      exports.main = async () => {
        process.emitWarning('SQLite is an experimental feature and might change at any time', 'ExperimentalWarning');
        process.emitWarning('Plums are an experimental feature', 'ExperimentalWarning');
      };`,
      1000,
    );
    const { stderr } = spawnSync(process.execPath, [join(root, 'bin', 'rowmill.js')], { encoding: 'utf8' });
    expect(stderr).toContain('Plums are');
    expect(stderr).not.toContain('SQLite');
  });

  it.skipIf(oldNode === undefined)('says in a checkout without dependencies to run npm ci', () => {
    put('src/main.ts', entry('src'), 1000);
    const done = launch(oldNode);
    expect(done.code).toBe(1);
    expect(done.stderr).toMatch(/^.* Run "npm ci" in .*, which installs one\n$/);
  });

  it.skipIf(oldNode === undefined)('does not start itself for ever when the pinned Node is the same one', () => {
    put('src/main.ts', entry('src'), 1000);
    mkdirSync(join(root, 'node_modules', 'node', 'bin'), { recursive: true });
    symlinkSync(oldNode ?? '', join(root, 'node_modules', 'node', 'bin', 'node'));
    expect(launch(oldNode).code).toBe(1);
  });
});

describe.skipIf(oldNode === undefined)('in a checkout on an old Node', () => {
  let space: Workspace;
  const node = oldNode ?? '';
  beforeEach(async () => {
    space = await createWorkspace({ latencyMs: 300, names: Array.from({ length: 30 }, (_, at) => `Ann ${at}`) });
  });
  afterEach(() => space.close());

  it('runs on the pinned Node, with streams and status passed on and nothing added', async () => {
    const done = await space.run(['agents', 'show', 'greeter', '--json'], { node });
    expect(done.code).toBe(0);
    expect(done.stderr).toBe('');
    expect(JSON.parse(done.stdout).name).toBe('greeter');
    expect((await space.run(['run', 'nope.csv', '-a', 'greeter'], { node })).code).toBe(2);
  });

  it('forwards a signal, which drains', async () => {
    const going = space.start(['run', 'people.csv', '-a', 'greeter', '-c', '1'], { node });
    await going.until(/Started bat_/);
    going.child.kill('SIGINT');
    const done = await going.finished;
    expect(done.code).toBe(130);
    expect(done.stderr).toContain('rowmill batches resume bat_');
    expect(done.stderr).not.toContain('Stopping immediately.');
  });

  it('ends by the signal that ended the program', async () => {
    const going = space.start(['serve', '--port', '0'], { node });
    await going.until(/Listening/);
    going.child.kill('SIGHUP');
    expect((await going.finished).signal).toBe('SIGHUP');
  });
});
