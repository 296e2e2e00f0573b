// The fleet under torture: a batch on four workers in network namespaces, which are killed and cut off while it runs.
//   node test/torture/fleet/run.ts [--quick] [--seed N]      needs root, iproute2 and redis-server
// It prints its figures, and exits 1 if one of them does not hold. Where no namespaces can be made, it says so and exits 0.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawSeed } from '../world.ts';
import { makeNetwork, networkOf, removeNetwork, within } from './network.ts';
import { runStory, WORKERS } from './story.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    seed: { type: 'string' },
    /** The name of the network that this process is in: the outer process makes it, and starts this file in it. */
    inside: { type: 'string' },
  },
});
const seed = values.seed === undefined ? drawSeed() : Number(values.seed);
process.exitCode = values.inside === undefined ? await outside() : await inside(values.inside);

async function outside(): Promise<number> {
  const name = `rowmill-${process.pid}`;
  try {
    makeNetwork(name, WORKERS);
  } catch (thrown) {
    removeNetwork(networkOf(name, WORKERS));
    const why = thrown instanceof Error ? thrown.message.trim().split('\n').at(-1) : String(thrown);
    process.stdout.write(`skip fleet: no network namespaces can be made here (${why})\n`);
    return 0;
  }
  const network = networkOf(name, WORKERS);
  const args = [fileURLToPath(import.meta.url), '--inside', name, '--seed', `${seed}`];
  const [command = '', ...rest] = [...within(network.hub), process.execPath, ...args];
  const child = spawn(command, [...rest, ...(values.quick ? ['--quick'] : [])], { stdio: 'inherit' });
  const stop = () => child.kill('SIGTERM');
  process.on('SIGINT', stop).on('SIGTERM', stop);
  try {
    const [code] = await once(child, 'close');
    return typeof code === 'number' ? code : 1;
  } finally {
    removeNetwork(network);
  }
}

async function inside(name: string): Promise<number> {
  const { quick } = values;
  const short = quick ? ', short form' : '';
  process.stdout.write(`fleet, seed ${seed}${short}, node ${process.version}\n`);
  const began = performance.now();
  const violations: string[] = [];
  const figures = await runStory({
    network: networkOf(name, WORKERS),
    quick,
    seed,
    violations,
    progress: (step) => process.stdout.write(`     ${((performance.now() - began) / 1000).toFixed(1)} s: ${step}\n`),
  }).catch((thrown: unknown) => {
    violations.push(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
    return ['could not go on'];
  });
  for (const figure of figures) process.stdout.write(`     ${figure}\n`);
  for (const violation of violations.slice(0, 20)) process.stdout.write(`FAIL ${violation}\n`);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  process.stdout.write(
    violations.length === 0
      ? `the fleet holds, in ${seconds} s (--seed ${seed})\n`
      : `the fleet does not hold: ${violations.length} violations, in ${seconds} s (--seed ${seed})\n`,
  );
  return violations.length === 0 ? 0 : 1;
}
