import { join } from 'node:path';
import { OWN } from '../checkout.ts';
import { buildProgram, untilInitialized } from '../program.ts';
import type { Comparing } from './compare.ts';

/** How soon a built `rowmill mcp` of two checkouts answers `initialize`. */
export const startAgainst: Comparing = async ({ other, folder, progress }) => {
  progress('start: build both');
  const built = new Map(
    [other, OWN].map(({ root }, index) => [root, buildProgram(root, join(folder, `built-${index}`))]),
  );
  // The first start fills Node's compile cache.
  for (const program of built.values()) await untilInitialized(program);
  return {
    title: 'Start of MCP over stdio',
    about: 'From the start of a built `rowmill mcp` to its answer to `initialize`; of three starts the middle one.',
    trials: [
      {
        what: '`rowmill mcp`',
        figures: [{ name: 'answer to `initialize`, ms', better: 'less' }],
        async run({ root }) {
          const times: number[] = [];
          for (let time = 0; time < 3; time += 1) times.push(await untilInitialized(built.get(root) ?? ''));
          return { 'answer to `initialize`, ms': times.toSorted((a, b) => a - b)[1] ?? Number.NaN };
        },
      },
    ],
  };
};
