import { AppError, toAppError } from '../base/errors.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { type ScheduledWork, scheduledWork } from '../runner/contract/service/schedule.ts';
import type { ScheduleRecord, ScheduleRun } from '../storage/schedules.ts';
import { runSaved, type Started } from './run-saved.ts';
import type { ScheduleParts } from './schedule-parts.ts';

/** A run that has begun. */
type BegunRun = Pick<ScheduleRun, 'id' | 'dueAt' | 'cause'>;

/** Carries out a run that has begun, and writes how it ended. Contract: rejects only when the end can't be written. */
export async function carryOut(schedule: ScheduleRecord, run: BegunRun, parts: ScheduleParts): Promise<void> {
  const { store, events, now, log } = parts;
  const { started, error } = await start(schedule, run, parts).catch(
    (thrown: unknown): Started => ({ started: [], error: toAppError(thrown) }),
  );
  const shown = error === null ? null : { code: error.code, message: error.message };
  const at = Math.round(now());
  await store.endScheduleRun(run.id, { at, started, error: shown });
  const about = { schedule: schedule.name, run: run.id };
  if (error === null) log.info({ ...about, batches: started.length }, 'a schedule ran');
  else log.error({ ...about, code: error.code }, 'a schedule failed');
  events.emit('schedule-run-end', {
    ...{ ...about, at, state: error === null ? 'succeeded' : 'failed', code: error?.code ?? null },
  });
}

async function start(schedule: ScheduleRecord, run: BegunRun, parts: ScheduleParts): Promise<Started> {
  const work = scheduledWork.parse(schedule.work);
  const owner = await parts.ownerOf(schedule.owner);
  const end = await parts.audit.begin({
    ...{ caller: owner.caller, action: 'schedule-run', subject: schedule.name },
    details: { run: run.id, cause: run.cause },
  });
  try {
    const result =
      work.action.type === 'process_queues'
        ? await processQueues(work, work.action, owner.jobs)
        : await runSaved({ schedule, work, action: work.action, run }, owner, parts.store);
    await end(result.error ?? undefined);
    return result;
  } catch (thrown) {
    await end(thrown);
    throw thrown;
  }
}

type Action<Type> = Extract<ScheduledWork['action'], { type: Type }>;

async function processQueues(
  { max_cost_usd: cap, accepted_usd: accepted }: ScheduledWork,
  { agent, mode, capped_jobs_only: isUnattended }: Action<'process_queues'>,
  jobs: Jobs,
): Promise<Started> {
  const queues = await jobs.process({
    ...{ mode, isUnattended },
    ...(agent !== undefined && { agent }),
    ...(cap !== undefined && { max_cost_usd: cap }),
    ...(accepted !== undefined && { accepted_usd: accepted }),
  });
  const started = queues.flatMap(({ batch_id: batchId, agent: name, jobs: rows }) =>
    batchId === null ? [] : [{ batchId, agent: name, rows }],
  );
  const failed = queues.flatMap(({ agent: name, error }) => (error === null ? [] : [{ name, error }]));
  const [first] = failed;
  if (first === undefined) return { started, error: null };
  const message = failed.map(({ name, error }) => `The queue of ${name}: ${error.message}`).join('\n');
  return { started, error: new AppError(first.error.code, message) };
}
