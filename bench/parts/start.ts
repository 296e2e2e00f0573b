import { join } from 'node:path';
import { OWN } from '../checkout.ts';
import { median, type Part, verdict } from '../part.ts';
import { buildProgram, untilInitialized, untilLine } from '../program.ts';

/** How soon a built `rowmill mcp` answers `initialize`, from the start of its process. */
export const start: Part = async ({ isQuick, folder, progress }) => {
  progress('start: build');
  const program = buildProgram(OWN.root, join(folder, 'installed'));
  const times = { node: [] as number[], mcp: [] as number[] };
  for (let time = 0; time < (isQuick ? 3 : 15); time += 1) {
    times.node.push(await untilLine(['-e', 'console.log()'], '', folder));
    times.mcp.push(await untilInitialized(program));
  }
  const name = { node: 'an empty Node program', mcp: '`rowmill mcp`, answer to `initialize`' };
  return {
    title: 'Start of MCP over stdio',
    about: `From the start of the process to the first line on its standard output; ${times.mcp.length} times in turn, after a first start that fills Node’s compile cache.`,
    header: ['process', 'median', 'quickest', 'slowest'],
    rows: (['node', 'mcp'] as const).map((kind) => {
      const of = times[kind].slice(1);
      return [name[kind], ...[median(of), Math.min(...of), Math.max(...of)].map((ms) => `${ms.toFixed(0)} ms`)];
    }),
    verdicts: [verdict('`initialize` is answered after', median(times.mcp.slice(1)), { most: 600, unit: ' ms' })],
  };
};
