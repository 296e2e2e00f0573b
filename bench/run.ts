/**
 * `npm run bench [-- NAME...] [-- --quick] [-- --write]`: the figures of `docs/benchmarks.md`, all on this machine in
 * one run. NAME is one of the parts below, all of them without one; `--quick` takes fewer rows; `--write` writes the
 * document. Exit 1 when a figure is beyond its limit.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startModelServer } from './measure.ts';
import type { BenchContext, Part, Section } from './part.ts';
import { analyze } from './parts/analyze.ts';
import { health } from './parts/health.ts';
import { memory } from './parts/memory.ts';
import { peers } from './parts/peers.ts';
import { reach } from './parts/reach.ts';
import { speed } from './parts/speed.ts';
import { start } from './parts/start.ts';
import { wave } from './parts/wave.ts';
import { toText, writeDocument } from './report.ts';

const PARTS: Record<string, Part> = { reach, speed, health, start, analyze, peers, memory, wave };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
});

async function main(): Promise<void> {
  const names = positionals.length === 0 ? Object.keys(PARTS) : positionals;
  const unknown = names.filter((name) => PARTS[name] === undefined);
  if (unknown.length > 0)
    throw new Error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
  const folder = await mkdtemp(join(tmpdir(), 'rowmill-bench-'));
  const server = await startModelServer();
  const context: BenchContext = {
    isQuick: values.quick,
    server,
    folder,
    progress: (text) => process.stderr.write(`${text}\n`),
  };
  const sections: [string, Section][] = [];
  try {
    for (const name of names) {
      const section = await PARTS[name]?.(context);
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

await main();
