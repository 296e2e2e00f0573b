/**
 * `node bench/clients/claims.ts URL FOLDER JOBS`: jobs of ten priorities and jobs of one are enqueued and sealed, then
 * claimed as the executor of real time claims rows, in turn.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { createLog } from '../../src/base/log.ts';
import { currentOwner } from '../../src/storage/lease-owner.ts';
import type { Fence } from '../../src/storage/leases.ts';
import { openSqliteStore } from '../../src/storage/sqlite/open-sqlite-store.ts';
import type { Store } from '../../src/storage/store.ts';
import { measure, tell } from '../measure.ts';
import { interleave, medianRatio } from '../pairs.ts';
import { median } from '../part.ts';
import { agentName, agentsPath } from '../workload.ts';

const [url = '', folder = '', jobs = '0'] = process.argv.slice(2);
/** Rows of a claim: a quarter of 400 slots. */
const PORTION = 100;
/** Claims of one kind before the other kind has its turn. */
const TURN = 10;

const config = readConfig(
  {
    ...{ ANTHROPIC_API_KEY: 'bench', ANTHROPIC_BASE_URL: url, ROWMILL_AGENTS: agentsPath(), ROWMILL_FILES: folder },
    ROWMILL_DATA_DIR: join(folder, `data-${process.pid}`),
  },
  folder,
);

/** Enqueues jobs and seals them; resolves to their batch, and to the time that sealing took. */
async function seal(priorityOf: (index: number) => number): Promise<{ batch: string; seconds: number }> {
  const app = await createApp(config, createLog('warn'), { driver: 'supervisor' });
  for (let from = 0; from < Number(jobs); from += 10_000) {
    const requests = Array.from({ length: Math.min(10_000, Number(jobs) - from) }, (_, at) => ({
      ...{ agent: agentName(1), priority: priorityOf(from + at) },
      input: { address: `${from + at} High Street`, postcode: 'AB1 2CD' },
    }));
    await app.jobs.enqueue(requests);
  }
  const began = performance.now();
  const [sealed] = await app.jobs.process({ mode: 'realtime', max_cost_usd: 100_000 });
  const seconds = (performance.now() - began) / 1_000;
  await app.close();
  if (sealed?.batch_id == null) throw new Error(`Nothing was sealed: ${sealed?.error?.message}`);
  return { batch: sealed.batch_id, seconds };
}

async function fenceOf(batch: string, store: Store): Promise<Fence> {
  const lease = await store.acquireLease(batch, currentOwner());
  if (!lease.acquired) throw new Error(`${batch} is owned`);
  return lease.fence;
}

const [mixed, plain] = [await seal((index) => 1 + (index % 10)), await seal(() => 5)];
const path = join(config.dataDir, 'rowmill.db');
const store = await openSqliteStore({ path, now: Date.now, log: createLog('warn') });
const fences = [await fenceOf(mixed.batch, store), await fenceOf(plain.batch, store)] as const;

/** The processor time of some claims, in seconds. */
async function claim(fence: Fence): Promise<number> {
  const { cpuSeconds } = await measure(TURN * PORTION, async () => {
    for (let at = 0; at < TURN; at += 1) {
      const rows = await store.claimRows(fence, { limit: PORTION, at: 1 });
      if (rows.length !== PORTION) throw new Error(`A claim found ${rows.length} rows.`);
    }
  });
  return cpuSeconds;
}

const turns = Number(jobs) / (TURN * PORTION);
let spent: Record<'mixed' | 'plain', number>[] = [];
const measured = await measure(Number(jobs) * 2, async () => {
  spent = await interleave(turns, { mixed: () => claim(fences[0]), plain: () => claim(fences[1]) });
});
await store.close();
await rm(config.dataDir, { recursive: true });
tell({
  ...measured,
  // The first turn warms up.
  ratio: medianRatio(spent.slice(1), ['plain', 'mixed'], (seconds) => seconds),
  mixedCpuSeconds: median(spent.map(({ mixed }) => mixed)) * turns,
  plainCpuSeconds: median(spent.map(({ plain }) => plain)) * turns,
  ...{ mixedSealSeconds: mixed.seconds, plainSealSeconds: plain.seconds },
});
