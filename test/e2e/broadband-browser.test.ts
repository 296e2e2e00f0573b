import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const CHROMIUM = '/usr/bin/chromium';
const EXAMPLE = 'examples/broadband-browser';
const PLAYWRIGHT = resolve('node_modules/@playwright/mcp');
let folder: string;
let page: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowmill-browser-'));
});
afterAll(async () => {
  page?.kill();
  await rm(folder, { recursive: true, force: true });
});

/** The example in a folder of its own, its page on a free port, and the installed server instead of npx. */
async function copyExample(): Promise<string> {
  const copy = join(folder, 'example');
  await cp(EXAMPLE, copy, { recursive: true, filter: (path) => !path.includes('screenshots') });
  page = spawn(process.execPath, [join(copy, 'page-server.mjs'), '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await page.stdout?.take(1).toArray()) ?? [];
  const origin = /http:\/\/127\.0\.0\.1:\d+\//.exec(String(line))?.[0] ?? 'no page';
  for (const file of ['agents.yaml', 'scripts/broadband-browser.yaml']) {
    const text = await readFile(join(copy, file), 'utf8');
    const local = text
      .replaceAll('http://127.0.0.1:8790/', origin)
      .replace('command: npx', `command: ${process.execPath}`)
      .replace(/- -y\n\s*- "@playwright\/mcp@[^"]*"/, `- ${join(PLAYWRIGHT, 'cli.js')}`);
    await writeFile(join(copy, file), local);
  }
  return copy;
}

describe('the example with a browser', () => {
  it('names the version of the MCP server that is installed', async () => {
    const { version } = JSON.parse(await readFile(join(PLAYWRIGHT, 'package.json'), 'utf8')) as { version: string };
    expect(await readFile(join(EXAMPLE, 'agents.yaml'), 'utf8')).toContain(`"@playwright/mcp@${version}"`);
  });

  it('reads every answer off the page and keeps a screenshot of each', async (context) => {
    context.skip(!existsSync(CHROMIUM), `needs ${CHROMIUM}: apt-get install chromium`);
    const copy = await copyExample();
    const out = join(folder, 'checked.csv');
    const run = ['run', join(copy, 'addresses.csv'), '--agent', 'broadband-browser-scripted', '--concurrency', '1'];
    const env = {
      ...process.env,
      ROWMILL_AGENTS: join(copy, 'agents.yaml'),
      ROWMILL_DATA_DIR: join(folder, 'data'),
      ROWMILL_FILES: folder,
    };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['bin/rowmill.js', ...run, '--out', out, '--json', '--yes'],
      { env },
    );
    expect(JSON.parse(stdout)).toMatchObject({ status: 'completed', counts: { total: 4, succeeded: 4 } });
    const rows = parse(await readFile(out, 'utf8'), { columns: true }) as Record<string, string>[];
    expect(
      rows.map((row) => [row['customer'], row['exchange_station'], row['download_speed'], row['upload_speed']]),
    ).toEqual([
      ['Ada', 'Netherby Cross', '910', '110'],
      ['Ben', 'Port Ellery', '330', '50'],
      ['Cai', 'Brindle Rural', '38.5', '9'],
      ['Dee', '', '', ''],
    ]);
    const screenshots = rows.map((row) => row['screenshot_url'] ?? '');
    expect(new Set(screenshots).size).toBe(4);
    for (const path of screenshots) {
      const image = await readFile(path);
      expect(image.subarray(1, 4).toString()).toBe('PNG');
      expect(image.length).toBeGreaterThan(5000);
    }
  }, 120_000);
});
