import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Section } from './part.ts';

const DOCUMENT = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
const PACKAGES = ['@anthropic-ai/sdk', 'undici', 'csv-parse', 'p-limit'];

/** A section as Markdown, which reads well on a terminal, too. */
export function toText(name: string, section: Section): string {
  const { title, about, header, rows, verdicts } = section;
  const held = verdicts.map(({ what, figure, limit, holds }) => [what, figure, limit, holds ? 'yes' : '**no**']);
  const limits = held.length === 0 ? [] : ['', ...toTable(['limit', 'figure', 'limit is', 'held'], held)];
  return [`\n## ${title} (\`${name}\`)`, '', about, '', ...toTable(header, rows), ...limits, ''].join('\n');
}

function toTable(header: string[], rows: string[][]): string[] {
  const widths = header.map((cell, column) => Math.max(cell.length, 3, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(header), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...rows.map(line)];
}

/**
 * Writes `docs/benchmarks.md`: the versions, and every section with the day, the command and the machine of its run.
 * Sections that this run did not measure stay unchanged.
 */
export async function writeDocument(sections: [string, Section][], args: string[]): Promise<void> {
  const command = `npm run bench -- ${args.join(' ')}`;
  // The load at the end shows how busy the machine was; it includes this run's own two processes.
  const load = (loadavg()[1] ?? 0).toFixed(1);
  const day = new Date().toISOString().slice(0, 10);
  const ran = `*${day}, \`${command}\`, ${machine()}, load ${load} over the last five minutes*`;
  const kept = await readSections();
  for (const [name, section] of sections) kept.set(name, `${toText(name, section).trim()}\n\n${ran}\n`);
  await mkdir(fileURLToPath(new URL('../docs', import.meta.url)), { recursive: true });
  await writeFile(DOCUMENT, `${await preamble()}\n${[...kept.values()].join('\n')}`);
}

async function readSections(): Promise<Map<string, string>> {
  const text = await readFile(DOCUMENT, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const sections = text.split(/^(?=## )/m).slice(1);
  return new Map(sections.map((section) => [/\(`(\w+)`\)/.exec(section)?.[1] ?? '', `${section.trim()}\n`]));
}

function machine(): string {
  const processors = cpus();
  return `${processors.length} × ${processors[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB`;
}

async function preamble(): Promise<string> {
  const versions = await Promise.all(PACKAGES.map(versionOf));
  return `# Benchmarks

\`npm run bench\` measures all of this in one run on one machine and \`npm run bench -- --write\` writes this page; a name
after \`--\` runs one part (in brackets below), \`--quick\` fewer rows, \`--against REF_OR_FOLDER\` another checkout beside
this one. The model is our own server on the loopback address, in a separate process (\`bench/model-server.ts\`); it needs
about 20 µs of processor time a call. Clients run one after the other, each in a new process. Rowmill is the built program, started
by its launcher. Compare columns, not machines: a busy machine slows all of them.

| | |
|---|---|
| Node | ${process.versions.node}, SQLite ${process.versions['sqlite'] ?? 'unknown'} |
| packages | ${versions.join(', ')} |
`;
}

async function versionOf(name: string): Promise<string> {
  const path = fileURLToPath(new URL(`../node_modules/${name}/package.json`, import.meta.url));
  const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string };
  return `${name} ${version}`;
}
