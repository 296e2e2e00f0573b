import { join } from 'node:path';
import { OWN } from '../checkout.ts';
import { median, type Part, verdict } from '../part.ts';
import { buildProgram, helpCpu, untilFirstCall, untilInitialized, untilLine } from '../program.ts';
import { writeTable } from '../workload.ts';

/** How soon a built program is at its work: MCP, a batch, and its help. */
export const start: Part = async ({ isQuick, folder, server, progress }) => {
  progress('start: build');
  const program = buildProgram(OWN.root, join(folder, 'installed'));
  const table = await writeTable(folder, 50);
  const measures = {
    'an empty Node program': () => untilLine(['-e', 'console.log()'], '', folder),
    '`rowmill mcp`, answer to `initialize`': () => untilInitialized(program),
    '`rowmill run`, first call of the model': () => untilFirstCall(program, { server: server.url, table }),
    '`rowmill --help`, processor time': async () => helpCpu(program),
  };
  const times = new Map(Object.keys(measures).map((name) => [name, [] as number[]]));
  for (let time = 0; time < (isQuick ? 3 : 15); time += 1) {
    for (const [name, measure] of Object.entries(measures)) times.get(name)?.push(await measure());
  }
  const figures = (name: keyof typeof measures) => (times.get(name) ?? []).slice(1);
  const middle = (name: keyof typeof measures) => median(figures(name));
  return {
    title: 'Start',
    about: `From the start of a process to its first line on standard output, or to the first byte of its first call; ${figures('an empty Node program').length} times in turn, after a first start that fills Node’s compile cache.`,
    header: ['process', 'median', 'quickest', 'slowest'],
    rows: (Object.keys(measures) as (keyof typeof measures)[]).map((name) => [
      name,
      ...[middle(name), Math.min(...figures(name)), Math.max(...figures(name))].map((ms) => `${ms.toFixed(0)} ms`),
    ]),
    verdicts: [
      verdict('`initialize` is answered after', middle('`rowmill mcp`, answer to `initialize`'), {
        most: 250,
        unit: ' ms',
      }),
      verdict('first call after', middle('`rowmill run`, first call of the model'), { most: 300, unit: ' ms' }),
      verdict('processor time of `--help`', middle('`rowmill --help`, processor time'), { most: 120, unit: ' ms' }),
    ],
  };
};
