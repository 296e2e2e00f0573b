import { newId } from '../../src/base/ids.ts';
import { createCallbacks } from '../../src/jobs/callbacks.ts';
import { createJobs, type Jobs } from '../../src/jobs/jobs.ts';
import { localCaller } from '../../src/runner/contract/caller.ts';
import { type JobRequest, jobRequest } from '../../src/runner/contract/job.ts';
import { startWorld, type World, type WorldOptions } from '../runner/world.ts';

/** Jobs on a real store, with a model that the test plays and a clock that it moves. */
export interface JobsWorld extends World {
  jobs: Jobs;
  clock: { now: number };
}

export async function startJobsWorld(options: WorldOptions & { callbacks?: string[] } = {}): Promise<JobsWorld> {
  const world = await startWorld(options);
  const clock = { now: Date.parse('2026-11-29T02:00:00Z') };
  const jobs = createJobs({
    store: world.store,
    runner: world.runner,
    caller: localCaller('http'),
    callbacks: createCallbacks(options.callbacks ?? []),
    newId,
    now: () => clock.now,
  });
  return { ...world, jobs, clock };
}

/** A job for the agent of the world. */
export function job(q: string, more: Partial<JobRequest> = {}): JobRequest {
  return jobRequest.parse({ agent: 'tester', input: { q }, ...more });
}
