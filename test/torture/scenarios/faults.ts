import type { Fault } from '../../support/messages-server.ts';
import { mulberry32 } from '../../support/messages-server.ts';
import type { WireAnswer } from '../../support/messages-wire.ts';
import { auditBatch } from '../audit.ts';
import { billFigures, type Scenario } from '../scenario.ts';
import { createWorld, type ModelCall, type World } from '../world.ts';
import { startOf } from './kills.ts';

const CONCURRENCY = 32;
/** A call that hangs is cut off by the server after this time, in milliseconds, as a proxy would. */
const HANG_MS = 3_000;

/** Faults with their share of all calls, as the issue names them, and hangs. */
const FAULTS: readonly { share: number; fault: Fault | { answer: WireAnswer } | 'hang' }[] = [
  { share: 0.04, fault: { fault: 'status', status: 429, type: 'rate_limit_error', headers: { 'retry-after': '1' } } },
  { share: 0.03, fault: { fault: 'status', status: 529, type: 'overloaded_error' } },
  { share: 0.03, fault: { fault: 'status', status: 500, type: 'api_error' } },
  { share: 0.01, fault: { fault: 'reset' } },
  { share: 0.01, fault: { fault: 'reset-body' } },
  { share: 0.01, fault: { fault: 'cut' } },
  { share: 0.005, fault: 'hang' },
  { share: 0.03, fault: { answer: answerWith({ answer: 5 }) } },
  { share: 0.02, fault: { answer: { content: [{ type: 'text', text: 'I would rather talk.' }] } } },
];

/** Faults of every kind at random, with kills among them, under default settings: every row right in the end. */
export const faults: Scenario = {
  name: 'faults',
  quick: true,
  async run({ seed, quick, violations }) {
    const random = mulberry32(seed + 2);
    const world = await createWorld({ seed, latencyMs: [2, 30], trouble: (call) => draw(random, call) });
    try {
      const table = await world.table(quick ? 200 : 1_000);
      const kills = quick ? 1 : 4;
      const start = startOf(table, CONCURRENCY);
      for (let kill = 1; kill <= kills; kill += 1) {
        const one = world.start(`kill-${kill}`, start);
        await callsOf(world, Math.floor((table.rows.length * 2 * kill) / (kills + 1)), one.child);
        one.child.kill('SIGKILL');
        await one.ended;
      }
      const last = world.start('last', start);
      const { json } = await last.ended;
      if (json === undefined) throw new Error(`It printed no document: ${last.stderr()}`);
      const audit = await auditBatch(world, { table, report: json, violations });
      return { figures: `${kills} kills among ${countsOf(world.modelCalls)}; ${billFigures(audit)}` };
    } finally {
      await world.close();
    }
  },
};

function answerWith(input: Record<string, unknown>): WireAnswer {
  return { content: [{ type: 'tool_use', id: 'toolu_wrong', name: 'return_structured_data', input }] };
}

/** Answers of the wrong form fall on later turns alone: a model that answers at once has left out its tool. */
function draw(random: () => number, { depth }: ModelCall): Fault | WireAnswer | Promise<Fault> | undefined {
  let drawn = random();
  for (const { share, fault } of FAULTS) {
    drawn -= share;
    if (drawn >= 0) continue;
    if (fault === 'hang') return new Promise((resolve) => setTimeout(() => resolve({ fault: 'reset' }), HANG_MS));
    if ('answer' in fault) return depth === 1 ? undefined : fault.answer;
    return fault;
  }
  return undefined;
}

/** Waits until the server has received so many calls, or the process has ended. */
export async function callsOf(world: World, count: number, child: { exitCode: number | null }): Promise<void> {
  while (world.modelCalls.length < count && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function countsOf(calls: readonly ModelCall[]): string {
  const counts = new Map<string, number>();
  for (const { fault } of calls) if (fault !== null) counts.set(fault, (counts.get(fault) ?? 0) + 1);
  return [...counts]
    .toSorted()
    .map(([fault, count]) => `${count} ${fault}`)
    .join(', ');
}
