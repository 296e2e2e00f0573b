import { AppError, toAppError } from '../base/errors.ts';
import { dollars } from '../base/figures.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { BatchPlan } from '../runner/contract/plan.ts';
import { type ScheduledWork, scheduledWork } from '../runner/contract/schedule.ts';
import type { Runner } from '../runner/runner.ts';
import type { ScheduleRecord, ScheduleRun, StartedBatch } from '../storage/schedules.ts';
import type { ScheduleParts } from './schedule-parts.ts';

/** How far an estimate may be above the accepted one. */
const TOLERANCE = 1.1;

/** A run that has begun. */
type BegunRun = Pick<ScheduleRun, 'id' | 'dueAt' | 'cause'>;

/** What a run has started, and why not everything. */
interface Started {
  started: StartedBatch[];
  error: AppError | null;
}

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
        : await runBatch(work, { ...work.action, key: `schedule:${schedule.name}:${run.id}` }, owner.runner);
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

async function runBatch(
  { max_cost_usd: cap, accepted_usd: accepted }: ScheduledWork,
  { request, key }: Action<'run_batch'> & { key: string },
  runner: Runner,
): Promise<Started> {
  const caps = [cap, request.options?.max_cost_usd].filter((one) => one !== undefined);
  const options = {
    ...{ ...request.options, idempotency_key: key },
    ...(caps.length > 0 && { max_cost_usd: Math.min(...caps) }),
  };
  const { report, plan } = await runner.create({ ...request, options }, async (planned) => {
    if (cap === undefined) requireAccepted(planned, accepted);
  });
  const agent = plan.agent === null ? null : `${plan.agent.name}@${plan.agent.version}`;
  return { started: [{ batchId: report.batch_id, agent, rows: plan.row_count }], error: null };
}

function requireAccepted({ spending_usd: expected }: BatchPlan, accepted: number | undefined): void {
  if (accepted !== undefined && expected !== null && expected <= accepted * TOLERANCE) return;
  const cost = expected === null ? 'Its cost is unknown' : `It may cost ${dollars(expected)}`;
  const before = accepted === undefined ? '' : `, and ${dollars(accepted)} was accepted`;
  throw new AppError(
    'confirmation_needed',
    `${cost}${before}. Change accepted_usd of the schedule, or set max_cost_usd.`,
  );
}
