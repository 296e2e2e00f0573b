import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { damson, plum, sloe } from '../support/made-up-provider/descriptor.ts';

const ROOT = resolve(import.meta.dirname, '..', '..');
const AGENTS = `agents:
${[plum, sloe, damson].map(tasterOf).join('')}`;

function tasterOf({ name }: { name: string }): string {
  return `  - name: ${name}-taster
    model: ${name}-1
    instructions: Taste.
    input: { type: object, properties: { name: { type: string } }, required: [name] }
    structured_output:
      schema: { type: object, properties: { word: { type: string } }, required: [word] }
`;
}

/** A copy of the program with one folder and one line more. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-made-up-'));
  for (const name of ['src', 'bin', 'package.json', 'agents.yaml']) {
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const providers = join(folder, 'src', 'providers');
  await cp(join(ROOT, 'test', 'support', 'made-up-provider'), join(providers, plum.name), { recursive: true });
  const catalog = await readFile(join(providers, 'catalog.ts'), 'utf8');
  const line = `import { damson, plum, sloe } from './${plum.name}/descriptor.ts';\n`;
  await writeFile(
    join(providers, 'catalog.ts'),
    line + catalog.replace('  scripted,\n', '  scripted,\n  plum,\n  sloe,\n  damson,\n'),
  );
  await writeFile(join(folder, 'plums.yaml'), AGENTS);
  await writeFile(join(folder, 'plums.csv'), 'name\nMirabelle\nDamson\n');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function rowmill(args: string[], env: Record<string, string>): Promise<{ stdout: string; stderr: string }> {
  const variables = { PATH: process.env['PATH'] ?? '', HOME: folder, ROWMILL_AGENTS: 'plums.yaml', ...env };
  const launcher = join(folder, 'bin', 'rowmill.js');
  return promisify(execFile)(process.execPath, [launcher, ...args], {
    cwd: folder,
    env: { ...variables, ROWMILL_DATA_DIR: join(folder, 'data') },
  });
}

test('a batch runs on a provider that is one folder and one line more', async () => {
  const args = ['run', 'plums.csv', '--agent', 'plum-taster', '--out', 'tasted.csv', '--yes', '--json'];
  const { stdout } = await rowmill(args, { PLUM_WORD: 'ripe' });
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ status: 'completed', model: 'plum/plum-1', counts: { succeeded: 2 } });
  // 2 rows of 7 tokens at 1 and 3 tokens at 10 micro-dollars.
  expect(report.cost_usd).toBe(0.000074);
  expect(await readFile(join(folder, 'tasted.csv'), 'utf8')).toMatch(/Mirabelle,ripe,SUCCESS/);
});

test('its variables are checked at the start, like all others', async () => {
  const listing = rowmill(['agents', 'list'], { PLUM_WORD: 'blue' });
  await expect(listing).rejects.toMatchObject({ stderr: expect.stringContaining('PLUM_WORD must be ripe or green') });
});

test('a plan says what to install where the SDK of the provider is not there, before a row is run', async () => {
  const planned = rowmill(['run', 'plums.csv', '--agent', 'sloe-taster', '--dry-run'], {});
  await expect(planned).rejects.toMatchObject({
    stdout: expect.stringContaining('Install @sloe/sdk, which provider sloe needs: npm install @sloe/sdk'),
  });
});

test('a plan says what to install where only the batch API lacks an SDK', async () => {
  const args = ['run', 'plums.csv', '--agent', 'damson-taster', '--mode', 'batch', '--dry-run'];
  const { stdout } = await rowmill(args, {});
  const reason = '@damson/batch and @damson/files are not installed: npm install @damson/batch @damson/files';
  expect(stdout.replace(/ +/g, ' ')).toContain(`runs in real time: no batch API: ${reason}\n`);
});
