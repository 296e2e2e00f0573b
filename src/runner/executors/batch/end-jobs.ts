import type { RowRecord } from '../../../storage/store.ts';
import { planOf } from '../../results.ts';
import type { ProcessOptions } from '../executor.ts';
import { type JobRun, openJobRun } from './job-run.ts';
import { cancelJobs, unsettledJobs } from './open-jobs.ts';
import { createPace } from './pace.ts';
import { pollJobs } from './poll-jobs.ts';
import { releaseJob } from './release-job.ts';

/** How often the provider is asked whether a cancelled job is over, before it is left alone. */
const POLLS = 6;
const CHUNK = 500;

/**
 * Ends the jobs of a batch that ends before they do: they are cancelled, and what they gave until then is taken in, since
 * it is paid for. Of a job that is not over in time, the requests stay open in the bill.
 */
export async function endJobs(options: ProcessOptions): Promise<void> {
  const { deps, fence, hard } = options;
  if ((await unsettledJobs(options)).length === 0) return;
  const api = (await deps.batchApi?.(planOf(options.batch).agent.model)) ?? 'this program has none';
  if (typeof api === 'string') {
    await leaveJobs(options);
    return;
  }
  const run = await openJobRun(options, api);
  try {
    await cancelJobs(run, await unsettledJobs(options));
    const pace = createPace(deps.batchPollMs ?? 10_000, deps.random);
    for (let poll = 0; poll < POLLS && !hard.aborted; poll += 1) {
      const jobs = await unsettledJobs(options);
      if (jobs.length === 0) break;
      if (poll > 0) await deps.clock.sleep(pace.next(), hard);
      await pollJobs(run, jobs);
    }
    await leaveJobs({ deps, fence });
    await finishAnswered(run);
  } finally {
    run.work.close();
  }
}

async function leaveJobs(options: Pick<ProcessOptions, 'deps' | 'fence'>): Promise<void> {
  for (const job of await unsettledJobs(options)) {
    const wasSent = job.state !== 'building';
    await releaseJob(
      job.id,
      wasSent ? { kind: 'lost', state: 'left' } : { kind: 'refused', state: 'dropped' },
      options,
    );
  }
}

/** Rows whose runs end with what is answered are ended; the others stay queued. */
async function finishAnswered({ options: { deps, fence }, work }: JobRun): Promise<void> {
  const { store, clock } = deps;
  const unfinished: RowRecord[] = [];
  while (true) {
    const rows = await store.claimRows(fence, { limit: CHUNK, at: clock.now(), begun: true });
    if (rows.length === 0) break;
    const endings = await Promise.all(rows.map((row) => work.run(row)));
    for (const ending of endings) if (ending.kind === 'parked') unfinished.push(ending.row);
  }
  await Promise.all(unfinished.map(({ row }) => store.returnRow(fence, row)));
}
