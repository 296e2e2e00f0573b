import { type Measured, runClient } from '../measure.ts';
import { type BenchContext, grouped } from '../part.ts';
import { writeTable } from '../workload.ts';
import { startRedis } from './redis.ts';

/** One batch on a fleet. */
export interface FleetRun {
  agent: 'bench-one-turn' | 'bench-slow-tool';
  /** How long the slow tool waits, in milliseconds. Default: 200. */
  toolMs?: number;
  rows: number;
  /** Rows that run before it, unmeasured. */
  warmRows: number;
  /** 0: in real time, without a fleet. */
  workers: number;
}

/** Runs it on a Redis of its own. */
export async function runFleet(
  { agent, toolMs = 200, rows, warmRows, workers }: FleetRun,
  { server, folder, progress }: BenchContext,
): Promise<Measured> {
  const [csv, warmCsv] = [await writeTable(folder, rows), await writeTable(folder, warmRows)];
  const tool = agent === 'bench-one-turn' ? '' : `, a tool of ${toolMs} ms`;
  progress(`fleet: ${grouped(rows)} rows of ${agent}${tool}, ${workers} workers`);
  const turns = agent === 'bench-one-turn' ? 1 : 2;
  const redis = await startRedis(folder);
  try {
    const args = [`${server.url}/0/${turns}`, folder, csv, warmCsv, rows, redis.url, workers, agent, toolMs];
    return await runClient('clients/fleet.ts', args);
  } finally {
    redis.close();
  }
}
