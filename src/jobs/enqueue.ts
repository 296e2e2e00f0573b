import { setImmediate } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { AppError, type Fault, toAppError } from '../base/errors.ts';
import type { EnqueuedJob, JobRequest } from '../runner/contract/service/job.ts';
import { TOLERANCE } from '../runner/contract/service/tolerance.ts';
import type { JobTarget, StandingBatch } from '../runner/intake/standing/standing-batch.ts';
import type { NewBatch } from '../storage/batches.ts';
import type { NewJob, QueueName } from '../storage/jobs.ts';
import type { JobsParts } from './jobs-parts.ts';

/** Jobs that are added in one transaction. */
const PORTION = 1_000;
/** Inputs that are checked before other work gets its turn. */
const CHECKED_AT_ONCE = 250;
/** Faults that are described. */
const MAX_FAULTS = 20;

/** The options of a standing batch: the batch API from the first row on, where the agent fits. */
export const STANDING_OPTIONS = { mode: 'auto', batch_threshold: 1 } as const;

/** Jobs of one queue, checked. `index` is their place in the request. */
interface Group {
  opened: StandingBatch;
  jobs: (NewJob & { index: number })[];
}

/**
 * Adds jobs to the standing batches of their queues. All of them are checked before one is added.
 * @param options.key makes the whole request repeatable: jobs that it added before are not added again
 * @throws AppError the first fault's code, with the places of all faults
 */
export async function enqueueJobs(
  requests: readonly JobRequest[],
  { key }: { key?: string | undefined },
  parts: JobsParts,
): Promise<EnqueuedJob[]> {
  const groups = await checkJobs(requests, key, parts);
  const results: EnqueuedJob[] = [];
  for (const { opened, jobs } of groups) {
    for (let at = 0; at < jobs.length; at += PORTION) {
      const portion = jobs.slice(at, at + PORTION);
      const inserted = await insertPortion(opened, portion, parts);
      portion.forEach(({ index, idempotencyKey }, place) => {
        const one = inserted[place];
        if (one?.isOther === true) throw otherInput(index, idempotencyKey);
        results[index] = { job_id: one?.id ?? '', repeated: one?.isRepeated ?? false };
      });
    }
  }
  return results;
}

/** The queues of the requests, with their jobs. Rejects with every fault before anything is stored. */
export async function checkJobs(
  requests: readonly JobRequest[],
  key: string | undefined,
  { runner, newId, now, callbacks }: JobsParts,
): Promise<Group[]> {
  const groups = new Map<string, Group>();
  const faults: { code: AppError['code']; text: string; faults: Fault[] }[] = [];
  const opening = new Map<string, Promise<StandingBatch>>();
  for (const [index, request] of requests.entries()) {
    if (index % CHECKED_AT_ONCE === CHECKED_AT_ONCE - 1) await setImmediate();
    try {
      const name = `${request.agent}\n${request.provider ?? ''}`;
      const opened = await (opening.get(name) ??
        remember(opening, name, runner.openStanding(targetOf(request), STANDING_OPTIONS)));
      checkCallback(request, callbacks);
      const deadline = timeOf(request.deadline);
      if (deadline !== null && deadline <= now()) {
        throw placed('deadline', new AppError('invalid_arguments', 'The deadline has passed.'));
      }
      const cells = await opened.cellsOf(request.input);
      const queue = Object.values(opened.queue).join('\n');
      const group = groups.get(queue) ?? { opened, jobs: [] };
      groups.set(queue, group);
      group.jobs.push({
        ...{ index, id: newId('job'), cells, priority: request.priority },
        ...{ notBefore: timeOf(request.not_before), deadline, callbackUrl: request.callback_url ?? null },
        idempotencyKey: request.idempotency_key ?? (key === undefined ? null : `${key}#${index}`),
        capMicroUsd: capOf(request),
      });
    } catch (thrown) {
      const error = toAppError(thrown);
      if (error.code === 'internal' || error.code === 'store_unavailable') throw error;
      const place = `jobs[${index}]`;
      const inner = error.code === 'agent_not_found' ? placed('agent', error).faults : error.faults;
      faults.push({
        ...{ code: error.code, text: `${place}: ${error.message}` },
        faults:
          inner.length === 0
            ? [{ place, message: error.message }]
            : inner.map((fault) => ({ ...fault, place: `${place}.${fault.place}` })),
      });
      if (faults.length === MAX_FAULTS) break;
    }
  }
  const [first] = faults;
  if (first === undefined) return [...groups.values()];
  const text = faults.map((one) => one.text).join('\n');
  throw new AppError(first.code, text, { faults: faults.flatMap((one) => one.faults) });
}

function remember<T>(known: Map<string, Promise<T>>, name: string, value: Promise<T>): Promise<T> {
  known.set(name, value);
  return value;
}

async function insertPortion({ queue, batch, columns }: StandingBatch, jobs: readonly NewJob[], parts: JobsParts) {
  const { store, caller, now } = parts;
  for (;;) {
    const standing = (await standingOf(queue, columns, parts)) ?? batch;
    const result = await store.insertJobs({ queue, owner: caller.id, standing, jobs, at: now() });
    if (result.state === 'inserted') return result.jobs;
  }
}

/** The standing batch of a queue; one whose columns are of an earlier text of the same version takes no more jobs. */
export async function standingOf(
  queue: QueueName,
  columns: readonly string[],
  { store }: JobsParts,
): Promise<string | NewBatch | undefined> {
  const standing = (await store.readQueue(queue))?.standing ?? null;
  if (standing === null) return undefined;
  if (isDeepStrictEqual((await store.readBatch(standing))?.columns, columns)) return standing;
  await store.closeStanding(queue, standing);
  return undefined;
}

/** The target of a request: `name` or `name@version`. */
export function targetOf({ agent, provider }: Pick<JobRequest, 'agent' | 'provider'>): JobTarget {
  const at = agent.indexOf('@');
  return {
    agent: at === -1 ? agent : agent.slice(0, at),
    ...(at !== -1 && { version: agent.slice(at + 1) }),
    ...(provider !== undefined && { provider }),
  };
}

function checkCallback({ callback_url: url }: JobRequest, callbacks: JobsParts['callbacks']): void {
  if (url === undefined) return;
  try {
    callbacks.check(url);
  } catch (thrown) {
    throw placed('callback_url', toAppError(thrown));
  }
}

/** The error with its place in the job. */
function placed(place: string, error: AppError): AppError {
  return new AppError(error.code, error.message, { cause: error, faults: [{ place, message: error.message }] });
}

/** What a job may cost where nobody is asked, in micro-dollars; null: it is not processed there. */
function capOf({ max_cost_usd: cap, accepted_usd: accepted = 0 }: JobRequest): number | null {
  if (cap !== undefined) return Math.round(cap * 1e6);
  return accepted > 0 ? Math.round(accepted * TOLERANCE * 1e6) : null;
}

function timeOf(text: string | undefined): number | null {
  return text === undefined ? null : Date.parse(text);
}

function otherInput(index: number, key: string | null): AppError {
  const message = `The idempotency key "${key}" belongs to a job with another input. Use a new key for a new job.`;
  return new AppError('invalid_arguments', `jobs[${index}]: ${message}`, {
    faults: [{ place: `jobs[${index}].idempotency_key`, message }],
  });
}
