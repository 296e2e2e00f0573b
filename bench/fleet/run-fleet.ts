import { type Measured, runClient } from '../measure.ts';
import { type BenchContext, grouped } from '../part.ts';
import { writeTable } from '../workload.ts';
import { startRedis } from './redis.ts';

/** One batch on a fleet. */
export interface FleetRun {
  agent: 'bench-one-turn' | 'bench-slow-tool' | 'bench-held-tool';
  rows: number;
  /** Rows that run before it, unmeasured. */
  warmRows: number;
  /** 0: in real time, without a fleet. */
  workers: number;
}

/** Runs it on a Redis of its own. */
export async function runFleet(
  { agent, rows, warmRows, workers }: FleetRun,
  { server, folder, progress }: BenchContext,
): Promise<Measured> {
  progress(`fleet: ${grouped(rows)} rows of ${agent}, ${workers} workers`);
  const [csv, warmCsv] = [await writeTable(folder, rows), await writeTable(folder, warmRows)];
  const turns = agent === 'bench-one-turn' ? 1 : 2;
  const redis = await startRedis(folder);
  try {
    const args = [`${server.url}/0/${turns}`, folder, csv, warmCsv, rows, redis.url, workers, agent];
    return await runClient('clients/fleet.ts', args);
  } finally {
    redis.close();
  }
}
