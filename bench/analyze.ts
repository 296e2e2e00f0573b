/**
 * `rowmill analyze` beside a bare csv-parse pass, on a CSV of 500 MB with quoted newlines: seconds, peak memory, ratio.
 * Each pass is a separate process of the same run. `--mb N` sets another size, `--plain` makes a file without quotes,
 * `--json` prints only the figures.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'csv-parse';
import { createSilentLog } from '../src/base/log.ts';
import { createByteLocations } from '../src/tables/locations/byte-locations.ts';
import { createFileStore } from '../src/tables/locations/files/file-locations.ts';
import { createTables } from '../src/tables/tables.ts';

interface Pass {
  rows: number;
  seconds: number;
  /** Processor time: the figure to read when the machine has other work. */
  cpuSeconds: number;
  peakMegabytes: number;
}

const CITIES = ['London', 'Leeds', 'Bristol', 'York', 'Cardiff', 'Belfast', 'Glasgow', 'Bath'];

const { values } = parseArgs({
  options: {
    mb: { type: 'string', default: '500' },
    plain: { type: 'boolean' },
    json: { type: 'boolean' },
    pass: { type: 'string' },
    file: { type: 'string' },
  },
});

if (values.pass !== undefined && values.file !== undefined) await runPass(values.pass, values.file);
else await compare(Number(values.mb), values.plain ?? false);

async function compare(megabytes: number, plain: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rowmill-bench-'));
  try {
    const file = join(folder, 'table.csv');
    const rows = await writeTable(file, megabytes * 1e6, plain);
    const bare = await spawnPass('bare', file);
    const analysis = await spawnPass('analyze', file);
    if (bare.rows !== rows || analysis.rows !== rows) {
      throw new Error(`rows differ: ${rows} written, ${bare.rows} by csv-parse, ${analysis.rows} analysed`);
    }
    if (values.json) {
      const { seconds: bareSeconds, cpuSeconds: bareCpuSeconds, peakMegabytes: bareMegabytes } = bare;
      print(JSON.stringify({ ...analysis, bareSeconds, bareCpuSeconds, bareMegabytes }));
      return;
    }
    print(`${megabytes} MB, ${rows} rows, ${plain ? 'no quotes' : 'quoted newlines'}, Node ${process.versions.node}`);
    print(describe('csv-parse', bare));
    print(describe('analyze', analysis));
    const cpuRatio = (analysis.cpuSeconds / bare.cpuSeconds).toFixed(2);
    print(`ratio      ${(analysis.seconds / bare.seconds).toFixed(2)} (at most 2.5), of processor time ${cpuRatio}`);
    if (analysis.seconds > bare.seconds * 2.5 || analysis.peakMegabytes >= 250) process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function describe(name: string, pass: Pass): string {
  const times = `${pass.seconds.toFixed(1)} s (processor ${pass.cpuSeconds.toFixed(1)} s)`;
  return `${name.padEnd(11)}${times}, peak ${pass.peakMegabytes} MB`;
}

async function writeTable(file: string, bytes: number, plain: boolean): Promise<number> {
  const out = createWriteStream(file);
  out.write('id,name,email,city,price,ordered_on,url,notes\n');
  let rows = 0;
  for (let written = 0; written < bytes; ) {
    const lines: string[] = [];
    for (let index = 0; index < 1000; index += 1) lines.push(tableLine(rows++, plain));
    const block = lines.join('');
    written += block.length;
    if (!out.write(block)) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
  return rows;
}

function tableLine(row: number, plain: boolean): string {
  const mixed = Math.imul(row + 1, 0x9e3779b1) >>> 0;
  const date = new Date(Date.UTC(2020, 0, 1 + (mixed % 2000))).toISOString().slice(0, 10);
  const price = `${mixed % 1000}.${(mixed % 90) + 10}`;
  const notes = plain ? `note ${mixed % 500} of the visit` : `"Called at ${mixed % 24} h,\nleft a ""card"" for ${row}"`;
  const name = plain ? `Person ${mixed % 100_000}` : `"Person ${mixed % 100_000}, Jr."`;
  const city = CITIES[mixed % CITIES.length];
  return `${row},${name},user${row}@example.org,${city},${price},${date},https://example.org/p/${mixed},${notes}\n`;
}

async function spawnPass(pass: string, file: string): Promise<Pass> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), '--pass', pass, '--file', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [status] = await once(child, 'close');
  if (status !== 0) throw new Error(`The pass "${pass}" ended with status ${status}.`);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Pass;
}

async function runPass(pass: string, file: string): Promise<void> {
  const start = performance.now();
  const rows = pass === 'bare' ? await bareRows(file) : await analysedRows(file);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage();
  const peakMegabytes = Math.round(process.resourceUsage().maxRSS / 1024);
  print(JSON.stringify({ rows, seconds, cpuSeconds: (user + system) / 1e6, peakMegabytes }));
}

async function bareRows(file: string): Promise<number> {
  let rows = -1;
  for await (const _ of createReadStream(file).pipe(parse())) rows += 1;
  return rows;
}

async function analysedRows(file: string): Promise<number> {
  const tables = createTables({
    roots: [tmpdir()],
    locations: [createByteLocations(createFileStore())],
    log: createSilentLog(),
  });
  const { rowCount } = await tables.profile(file);
  await tables.close();
  return rowCount;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
