import { createAudit } from '../../src/access/audit.ts';
import { auditedJobs } from '../../src/access/audited-jobs.ts';
import { auditedRunner } from '../../src/access/audited-runner.ts';
import { newId } from '../../src/base/ids.ts';
import { createSilentLog } from '../../src/base/log.ts';
import { createCallbacks } from '../../src/jobs/callbacks.ts';
import { createJobs, type Jobs } from '../../src/jobs/jobs.ts';
import { type Caller, localCaller } from '../../src/runner/contract/caller.ts';
import { type JobRequest, jobRequest } from '../../src/runner/contract/service/job.ts';
import { startWorld, type World, type WorldOptions } from '../runner/world.ts';

/** Jobs on a real store, with a model that the test plays and a clock that it moves. */
export interface JobsWorld extends World {
  jobs: Jobs;
  /** The jobs of another caller. */
  jobsOf: (caller: Caller) => Jobs;
  clock: { now: number };
}

export async function startJobsWorld(options: WorldOptions & { callbacks?: string[] } = {}): Promise<JobsWorld> {
  const world = await startWorld(options);
  const audit = createAudit({ store: world.store, now: Date.now, log: createSilentLog() });
  const clock = { now: Date.parse('2026-11-29T02:00:00Z') };
  const jobsOf = (caller: Caller) => {
    const runner = auditedRunner(world.runner.as(caller), caller, audit);
    const callbacks = createCallbacks(options.callbacks ?? []);
    const now = () => clock.now;
    return auditedJobs(createJobs({ store: world.store, runner, caller, callbacks, newId, now }), caller, audit);
  };
  return { ...world, jobs: jobsOf(localCaller('http')), jobsOf, clock };
}

/** A job for the agent of the world. */
export function job(q: string, more: Partial<JobRequest> = {}): JobRequest {
  return jobRequest.parse({ agent: 'tester', input: { q }, ...more });
}
