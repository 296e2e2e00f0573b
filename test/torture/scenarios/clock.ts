import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { auditBatch } from '../audit.ts';
import { billFigures, type Scenario } from '../scenario.ts';
import { createWorld } from '../world.ts';
import { callsOf } from './faults.ts';
import { startOf } from './kills.ts';

const HOUR_MS = 3_600_000;
const PRELOAD = fileURLToPath(new URL('../jumping-clock.ts', import.meta.url));

/** The wall clock jumps by hours under a running batch and under another process that looks for batches to take over. */
export const clock: Scenario = {
  name: 'clock',
  quick: true,
  async run({ seed, quick, violations }) {
    const world = await createWorld({ seed, latencyMs: [100, 200] });
    try {
      const ofOwner = join(world.folder, 'owner.offset');
      const ofThief = join(world.folder, 'thief.offset');
      const set = (file: string, hours: number) => writeFile(file, String(hours * HOUR_MS));
      await Promise.all([set(ofOwner, 0), set(ofThief, 0)]);
      const jumping = (file: string) => ({ NODE_OPTIONS: `--import ${PRELOAD}`, TORTURE_CLOCK: file });
      const table = await world.table(quick ? 300 : 600);
      const owner = world.start('owner', startOf(table, 10), jumping(ofOwner));
      await callsOf(world, 20, owner.child);
      // It drives every batch that it takes for lapsed.
      const thief = world.start('thief', ['serve', '--port', '0'], jumping(ofThief));
      let worstEta = 0;
      const jumps = quick
        ? [
            [1, 0],
            [-1, 0],
          ]
        : [
            [1, 0],
            [0, 0],
            [0, 1],
            [-1, 0],
            [0, -1],
            [-1, 1],
            [1, -1],
            [0, 0],
          ];
      for (const [ownersHours = 0, thiefsHours = 0] of jumps) {
        await Promise.all([set(ofOwner, ownersHours), set(ofThief, thiefsHours)]);
        await sleep(1_200);
        const [shown] = (await world.json('batches', 'list')).batches ?? [];
        if (shown?.status !== 'running') break;
        const eta = Number(shown['eta_seconds']);
        worstEta = Math.max(worstEta, eta);
        if (!(eta > 0 && eta < 300))
          violations.push(`after a jump to ${ownersHours} h the ETA is ${shown['eta_seconds']} s`);
      }
      const { json } = await owner.ended;
      thief.child.kill('SIGTERM');
      await thief.ended;
      if (json === undefined) throw new Error(`It printed no document: ${owner.stderr()}`);
      const stolen = world.modelCalls.filter((call) => call.who !== 'owner').length;
      if (stolen > 0) violations.push(`${stolen} calls were sent by a process that took a living one's lease`);
      const audit = await auditBatch(world, { table, report: json, inFlightAtKills: 0, violations });
      return {
        figures: `${jumps.length} jumps of an hour and more, ${stolen} calls by another process, ETA at most ${worstEta} s; ${billFigures(audit)}`,
      };
    } finally {
      await world.close();
    }
  },
};
