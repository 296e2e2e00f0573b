import { toAppError } from '../../../base/errors.ts';
import type { Json, ModelRequest } from '../../../protocol/messages.ts';
import type { ParkedRow } from '../../../storage/provider-jobs.ts';
import { OPTION_DEFAULTS } from '../../contract/request/options.ts';
import { mediaFieldsOf } from '../../media/media-fields.ts';
import { base64OfMedia, worstMediaTokens } from '../../media/media-tokens.ts';
import { planOf } from '../../output/results.ts';
import { unpricedUnderCap } from '../../rows/budget.ts';
import { type ModelCall, UNSEEN_TOKENS } from '../../rows/model-call.ts';
import type { RowEnding } from '../../rows/row-settlement.ts';
import { isStopping, type ProviderJobRun } from './provider-job-run.ts';
import { toRequestId } from './request-key.ts';
import { emitProviderJobStatus } from './update-provider-job.ts';

/** Rows that are claimed, started and put into a job together, where they run no tools. */
const CHUNK = 500;
/** With media, whose bytes are in memory until their lines are written. */
const MEDIA_CHUNK = 8;

/** Why a job gets no more requests. `unfit`: the next request alone exceeds the size of a job. */
export type FillEnd = 'empty' | 'full' | 'budget' | 'stopped' | 'unfit';

/** A job that is being filled with the next model calls of queued rows. */
export interface Filling {
  /**
   * The lines of the next rows that wait for a model call; undefined at the end. Rows that end meanwhile are settled.
   */
  next(): Promise<string[] | undefined>;
  /** The current state: the model of its requests once there is one, and the end once it is reached. */
  now(): { model: string; requests: number; bytes: number; fresh: number; again: number; end: FillEnd | undefined };
}

/** A request that is in the job. */
interface Taken {
  line: string;
  parked: ParkedRow;
}

type Parked = Extract<RowEnding, { kind: 'parked' }> & { call: ModelCall };

/**
 * Starts to fill a job. Rows are committed to the job before their lines are returned, so that the store knows
 * everything that is sent.
 * @param room micro-dollars that its calls may cost at worst; undefined: no limit
 * @param most maximum number of requests
 */
export function fillProviderJob(
  run: ProviderJobRun,
  jobId: string,
  { room, most }: { room: number | undefined; most: number },
): Filling {
  const { options, attempts, watch } = run;
  const { fence, deps, tuning } = options;
  const { store, clock } = deps;
  const worstOf = rememberWorst(run);
  let model: string | undefined;
  let end: FillEnd | undefined;
  let [requests, bytes, fresh, again, worstSum] = [0, 0, 0, 0, 0];

  /** Rows with their own tools run with the concurrency of the batch; others only wait for the processor. */
  const hasMedia = mediaFieldsOf(planOf(options.batch).agent.input).size > 0;
  const chunk = () => {
    if (hasMedia) return MEDIA_CHUNK;
    return options.agent.toolSpecs.length > 1 ? (tuning.now().concurrency ?? OPTION_DEFAULTS.concurrency) : CHUNK;
  };

  /** The line of a row's call, if it fits. */
  const lineOf = ({ task, call }: Parked): Taken | undefined => {
    const request = run.provider.route?.(call.request) ?? call.request;
    const { name } = run.provider;
    if (model !== undefined && request.model !== model) {
      end = 'full';
      return undefined;
    }
    const at = { row: task.row, attempt: task.attempt, turn: call.turn };
    const strict = isStrict(request);
    const line = run.api.encode(request, toRequestId(jobId, at), { isStrict: strict });
    const lineBytes = Buffer.byteLength(line);
    const worst = worstOf(request, lineBytes - base64OfMedia(request) + worstMediaTokens(name, request));
    if (room !== undefined && worst === undefined) throw unpricedUnderCap();
    // A request that is too long for any job is left to real time, where the model reports the fault.
    const isFull = requests === most || bytes + lineBytes + SEPARATOR > run.limits.bytes;
    if (isFull) end = requests === 0 ? 'unfit' : 'full';
    else if (room !== undefined && worstSum + (worst ?? 0) > room) end = 'budget';
    if (end !== undefined) return undefined;
    model = request.model;
    if (!strict) run.plainJobs.add(jobId);
    requests += 1;
    bytes += lineBytes + SEPARATOR;
    worstSum += worst ?? 0;
    if (call.wasSent) again += 1;
    else if (call.turn === 0) fresh += 1;
    const intent = {
      ...{ run: call.run, turn: call.turn, call: 0, kind: 'model' as const, name: `${name}/${request.model}` },
      ...{ request: call.appended as unknown as Json, idempotent: true },
      ...{ worstMicroUsd: worst ?? null, at: clock.now() },
    };
    return { line, parked: { row: task.row, intent } };
  };

  const isStrict = (request: Parked['call']['request']) =>
    !run.isPlain && (run.provider.sendsStrict?.(request) ?? true);

  const giveBack = (ones: readonly Parked[]) => Promise.all(ones.map(({ task }) => store.returnRow(fence, task.row)));

  const take = async (parked: readonly Parked[]): Promise<string[]> => {
    const isNew = model === undefined;
    const taken: Taken[] = [];
    let next = 0;
    try {
      for (; next < parked.length && end === undefined; next += 1) {
        const one = parked[next];
        const fitting = one === undefined ? undefined : lineOf(one);
        if (fitting === undefined) break;
        taken.push(fitting);
      }
    } catch (thrown) {
      await giveBack(parked);
      throw thrown;
    }
    await giveBack(parked.slice(next));
    if (model === undefined || taken.length === 0) return [];
    if (isNew) {
      await store.insertProviderJob(fence, { id: jobId, provider: run.api.name, model, createdAt: clock.now() });
      emitProviderJobStatus(jobId, 'building', options);
    }
    const rows = taken.map(({ parked: row }) => row);
    // The cap of the day may have been used up by others meanwhile: then no row is in the job yet.
    await store.parkRows(fence, jobId, rows).catch(async (thrown: unknown) => {
      if (toAppError(thrown).code === 'budget_reached') await giveBack(parked.slice(0, next));
      throw thrown;
    });
    return taken.map(({ line }) => line);
  };

  return {
    async next() {
      while (end === undefined) {
        if (isStopping(run)) {
          end = 'stopped';
          break;
        }
        if (requests === most) {
          end = 'full';
          break;
        }
        const limit = Math.min(chunk(), most - requests);
        const claimed = await store.claimRows(fence, { limit, at: clock.now() });
        run.queue.isEmpty = claimed.length < limit;
        if (claimed.length === 0) {
          end = 'empty';
          break;
        }
        const endings = await Promise.all(claimed.map((row) => attempts.attempt(row)));
        for (const ending of endings) if (ending.kind !== 'parked') watch.see(ending);
        const lines = await take(endings.filter(isParked));
        if (lines.length > 0) return lines;
      }
      return undefined;
    },
    now: () => ({ model: model ?? '', requests, bytes, fresh, again, end }),
  };
}

/**
 * Prompt lengths are rounded up to a multiple of this many tokens, so that few lengths are priced: a price takes 40 µs.
 */
const STEP = 128;
const REMEMBERED = 10_000;

/** The worst price of a request by the size of its line: a tokenizer never makes more than one token per byte. */
function rememberWorst({
  prices,
  provider,
}: ProviderJobRun): (request: ModelRequest, bytes: number) => number | undefined {
  const known = new Map<string, number | undefined>();
  return ({ model, maxTokens }, bytes) => {
    const inputTokens = Math.ceil((UNSEEN_TOKENS + bytes) / STEP) * STEP;
    const key = `${inputTokens} ${maxTokens} ${model}`;
    if (known.has(key)) return known.get(key);
    if (known.size === REMEMBERED) known.clear();
    const worst = prices.worstCase(provider.name, model, { inputTokens, maxTokens });
    known.set(key, worst);
    return worst;
  };
}

function isParked(ending: RowEnding): ending is Parked {
  return ending.kind === 'parked' && ending.call !== undefined;
}

/** The maximum number of bytes between two lines. */
const SEPARATOR = 2;
