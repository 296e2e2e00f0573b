import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Comparing } from './compare.ts';

/** How soon `rowmill serve` of two checkouts answers while it runs a batch: each by its own part. */
export const healthAgainst: Comparing = ({ isQuick }) => ({
  title: 'An open event loop',
  about:
    `The part \`health\` (${isQuick ? '10,000' : '50,000'} rows), which each checkout’s own bench runs. The median of its ` +
    'answers is shown to a tenth of a millisecond and the slowest is one request, so neither has a limit here.',
  trials: [
    {
      what: '`/healthz` beside 400 rows at once',
      figures: [
        { name: 'rows/s', better: 'more' },
        { name: 'p99', better: 'less' },
        { name: 'p50' },
        { name: 'slowest' },
      ],
      run: async ({ root }) => readTable(await runPart(root, isQuick)),
    },
  ],
});

/** The output of `npm run bench -- health`; a limit that is exceeded is not an error here. */
async function runPart(root: string, isQuick: boolean): Promise<string> {
  const args = [join(root, 'bench', 'run.ts'), 'health', ...(isQuick ? ['--quick'] : [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  return Buffer.concat(chunks).toString('utf8');
}

/** The figures of the first table of a part with one line, by the names in its header. */
function readTable(text: string): Record<string, number> {
  const [header = [], , line = []] = text
    .split('\n')
    .filter((each) => each.startsWith('|'))
    .map((each) => each.split('|').slice(1, -1));
  if (line.length === 0) throw new Error(`bench/run.ts health printed no table: ${text}`);
  return Object.fromEntries(
    header.map((name, column) => [name.trim(), Number.parseFloat((line[column] ?? '').replaceAll(',', ''))]),
  );
}
