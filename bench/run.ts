/**
 * `npm run bench [-- NAME...] [-- --quick] [-- --pairs N] [-- --write]`: the figures of `docs/benchmarks.md`, all on this
 * machine in one run. NAME is one of the parts below, all of them without one; `--quick` takes fewer rows and pairs;
 * `--pairs` is how often clients that are compared run in turn (9, quick 3); `--write` writes the document.
 *
 * `npm run bench -- [NAME...] --against REF_OR_FOLDER [--rows N,N]`: Rowmill of another checkout beside this one, in pairs;
 * `--rows` sets the sizes of the batches of `memory`.
 *
 * Exit 1 when a figure is beyond its limit.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Comparing, compareCheckouts } from './against/compare.ts';
import { healthAgainst } from './against/health.ts';
import { memoryAgainst } from './against/memory.ts';
import { reachAgainst } from './against/reach.ts';
import { startAgainst } from './against/start.ts';
import { openCheckout } from './checkout.ts';
import { startModelServer } from './measure.ts';
import type { BenchContext, Part, Section } from './part.ts';
import { analyze } from './parts/analyze.ts';
import { capacity } from './parts/capacity.ts';
import { estimate } from './parts/estimate.ts';
import { exports } from './parts/export.ts';
import { faults } from './parts/faults.ts';
import { fleet } from './parts/fleet.ts';
import { health } from './parts/health.ts';
import { http } from './parts/http.ts';
import { limits } from './parts/limits.ts';
import { memory } from './parts/memory.ts';
import { mongodb } from './parts/mongodb.ts';
import { pages } from './parts/pages.ts';
import { peers } from './parts/peers.ts';
import { queue } from './parts/queue.ts';
import { reach } from './parts/reach.ts';
import { speed } from './parts/speed.ts';
import { start } from './parts/start.ts';
import { tokens } from './parts/tokens.ts';
import { wave } from './parts/wave.ts';
import { web } from './parts/web.ts';
import { toText, writeDocument } from './report.ts';

const PARTS: Record<string, Part> = {
  ...{
    reach,
    speed,
    faults,
    limits,
    health,
    http,
    pages,
    queue,
    start,
    analyze,
    peers,
    memory,
    export: exports,
    wave,
    estimate,
    tokens,
    mongodb,
    fleet,
    web,
    capacity,
  },
};
const COMPARISONS: Record<string, Comparing> = {
  reach: reachAgainst,
  health: healthAgainst,
  memory: memoryAgainst,
  start: startAgainst,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    pairs: { type: 'string' },
    against: { type: 'string' },
    rows: { type: 'string' },
  },
});

async function main(): Promise<void> {
  if (values.write && values.against !== undefined) throw new Error('--write is for the figures of one checkout');
  const parts = values.against === undefined ? PARTS : partsAgainst(values.against);
  const names = positionals.length === 0 ? Object.keys(parts) : positionals;
  const unknown = names.filter((name) => parts[name] === undefined);
  if (unknown.length > 0)
    throw new Error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(parts).join(', ')}`);
  const folder = await mkdtemp(join(tmpdir(), 'rowmill-bench-'));
  const server = await startModelServer();
  const context: BenchContext = {
    isQuick: values.quick,
    pairs: count(values.pairs ?? (values.quick ? '3' : '9'), '--pairs'),
    server,
    folder,
    progress: (text) => process.stderr.write(`${text}\n`),
  };
  const sections: [string, Section][] = [];
  try {
    for (const name of names) {
      const section = await parts[name]?.(context);
      if (section === undefined) continue;
      sections.push([name, section]);
      process.stdout.write(toText(name, section));
    }
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
  if (values.write) await writeDocument(sections, process.argv.slice(2));
  if (sections.some(([, { verdicts }]) => verdicts.some(({ holds }) => !holds))) process.exitCode = 1;
}

/** The parts that compare this checkout with another, which is opened when the first of them runs. */
function partsAgainst(refOrFolder: string): Record<string, Part> {
  let other: ReturnType<typeof openCheckout> | undefined;
  const sizes = (values.rows ?? (values.quick ? '10000,30000' : '30000,100000'))
    .split(',')
    .map((size) => count(size, '--rows'));
  const toPart =
    (comparing: Comparing): Part =>
    async (context) => {
      other ??= openCheckout(refOrFolder, join(context.folder, 'against'));
      const given = { ...context, other, sizes };
      return compareCheckouts(await comparing(given), given);
    };
  return Object.fromEntries(Object.entries(COMPARISONS).map(([name, comparing]) => [name, toPart(comparing)]));
}

function count(text: string, option: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new Error(`${option} takes whole numbers from 1, not "${text}"`);
  return Number(text);
}

await main();
