import { parseArgs } from 'node:util';
import type { Scenario } from './scenario.ts';
import { clock } from './scenarios/clock.ts';
import { disk } from './scenarios/disk.ts';
import { faults } from './scenarios/faults.ts';
import { fight } from './scenarios/fight.ts';
import { house } from './scenarios/house.ts';
import { kills } from './scenarios/kills.ts';
import { lock } from './scenarios/lock.ts';
import { upload } from './scenarios/upload.ts';
import { windows } from './scenarios/windows.ts';
import { drawSeed } from './world.ts';

const SCENARIOS: Scenario[] = [fight, kills, lock, faults, clock, windows, disk, upload, house];
/** The whole of it, in milliseconds: a scenario that hangs is a violation. */
const LIMIT_MS = 600_000;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    only: { type: 'string', multiple: true },
    quick: { type: 'boolean', default: false },
  },
});
const seed = values.seed === undefined ? drawSeed() : Number(values.seed);
const names = SCENARIOS.map((scenario) => scenario.name);
const unknown = (values.only ?? []).filter((name) => !names.includes(name));
if (unknown.length > 0 || !Number.isInteger(seed)) {
  process.stderr.write(`usage: torture [--quick] [--seed INTEGER] [--only ${names.join('|')}]...\n`);
  process.exit(2);
}
const chosen = SCENARIOS.filter(({ name, quick }) => values.only?.includes(name) ?? (quick || !values.quick));
const began = performance.now();
const deadline = setTimeout(() => {
  process.stdout.write(`FAIL torture did not end within ${LIMIT_MS / 60_000} minutes (seed ${seed})\n`);
  process.exit(1);
}, LIMIT_MS);
let failed = 0;
process.stdout.write(`torture, seed ${seed}${values.quick ? ', short form' : ''}, node ${process.version}\n`);
// They share the machine: most of their time is waiting.
const todo = [...chosen];
const work = async () => {
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) if (!(await runOne(next))) failed += 1;
};
await Promise.all(Array.from({ length: values.quick ? 3 : 2 }, work));
clearTimeout(deadline);
const seconds = ((performance.now() - began) / 1000).toFixed(0);
process.stdout.write(
  `${chosen.length - failed} of ${chosen.length} scenarios hold, in ${seconds} s (--seed ${seed})\n`,
);
process.exitCode = failed === 0 ? 0 : 1;

async function runOne(scenario: Scenario): Promise<boolean> {
  const violations: string[] = [];
  const started = performance.now();
  let text: string;
  let isSkipped = false;
  const progress = (step: string) => {
    if (process.stderr.isTTY) process.stderr.write(`     ${scenario.name}: ${step}\n`);
  };
  try {
    const outcome = await scenario.run({ seed, quick: values.quick, violations, progress });
    isSkipped = 'skipped' in outcome;
    text = 'skipped' in outcome ? outcome.skipped : outcome.figures;
  } catch (thrown) {
    violations.push(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
    text = 'could not go on';
  }
  const word = violations.length > 0 ? 'FAIL' : isSkipped ? 'skip' : 'ok  ';
  const took = ((performance.now() - started) / 1000).toFixed(1);
  process.stdout.write(`${word} ${scenario.name.padEnd(10)} ${text}; ${took} s\n`);
  for (const violation of violations.slice(0, 20)) process.stdout.write(`       ${violation}\n`);
  if (violations.length > 20) process.stdout.write(`       and ${violations.length - 20} more\n`);
  return violations.length === 0;
}
