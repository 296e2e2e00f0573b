import { hash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { type Json, type ModelRequest, type ModelResponse, NO_USAGE } from '../../protocol/messages.ts';
import type { JournalEntry } from '../../storage/journal.ts';
import type { Fence } from '../../storage/leases.ts';
import type { RowResult } from '../../storage/rows.ts';
import type { Store } from '../../storage/store.ts';
import type { StoredPlan } from '../contract/stored-plan.ts';
import { createFlights, type Flights } from './flights.ts';

/** What the cache of one batch at work is made of. */
export interface CacheDeps {
  /** Whose answers may be served: those of this batch, or of every batch that caches. */
  scope: 'batch' | 'all';
  store: Store;
  clock: Clock;
  flights: Flights;
  fence: Fence;
  /** The provider's name. */
  provider: string;
  /** What answers are told apart by: the provider, and its address where it is a server of people's own. */
  server: string;
}

/** The cache of a batch; undefined where it allows none. */
export function cacheOf(
  plan: StoredPlan,
  fence: Fence,
  deps: Pick<CacheDeps, 'store' | 'clock'> & { flights?: Flights },
): CacheDeps | undefined {
  const scope = plan.request.options?.cache ?? 'off';
  if (scope === 'off') return undefined;
  const { store, clock, flights = createFlights() } = deps;
  return {
    scope,
    store,
    clock,
    flights,
    fence,
    provider: plan.agent.model.provider,
    server: serverOf(plan.agent.model),
  };
}

function serverOf({ provider, base_url: baseUrl }: StoredPlan['agent']['model']): string {
  return baseUrl === undefined ? provider : `${provider} ${baseUrl}`;
}

/** A model call that may be answered from the cache. */
interface CacheableCall {
  turn: number;
  request: ModelRequest;
  /** Messages since the turn before. */
  appended: ModelRequest['messages'];
  signal: AbortSignal;
}

/** The cache as one run sees it. */
export interface RunCache {
  /**
   * The journalled answer of an identical request of a succeeded attempt, at no cost. Waits while one is at work.
   * Undefined when this call is to be sent.
   */
  take(call: CacheableCall): Promise<ModelResponse | undefined>;
  /** A call that was answered before, in an earlier claim of the row. */
  replayed(call: Pick<CacheableCall, 'turn' | 'request'>, entry: JournalEntry): void;
  /** What is to be stored with a success. */
  hashed(): HashedCalls;
  /** The attempt is over, or given back: those who wait for its calls go on. Idempotent. */
  end(succeeded: boolean): void;
}

type HashedCalls = NonNullable<Extract<RowResult, { status: 'succeeded' }>['hashed']>;

/** Opens the cache for one run. */
export function openRunCache(run: string, deps: CacheDeps): RunCache {
  const { scope, store, clock, flights, fence, provider, server } = deps;
  const within = scope === 'batch' ? fence.batchId : null;
  const calls: HashedCalls = [];
  const leads = new Set<string>();
  const isOfBatch = (from: { run: string }) => from.run.startsWith(`${fence.batchId}/`);

  const take: RunCache['take'] = async ({ turn, request, appended, signal }) => {
    const digest = hashRequest(server, request);
    const key = `${within ?? ''} ${digest.toString('base64')}`;
    while (true) {
      const seat = await flights.join(key, signal);
      if (seat === 'lead') leads.add(key);
      const answer = await store.findAnswer(digest, within);
      if (answer === undefined) {
        if (seat === 'landed') continue;
        calls.push({ run, turn, hash: digest });
        return undefined;
      }
      if (leads.delete(key)) flights.land(key, true);
      const response = { ...(answer.response as unknown as ModelResponse), usage: NO_USAGE };
      const messages = appended as unknown as Json;
      const intent = { run, turn, call: 0, kind: 'model' as const, request: messages, idempotent: true };
      await store.writeCachedAnswer(
        { ...intent, name: `${provider}/${request.model}`, worstMicroUsd: 0, at: clock.now() },
        { ...answer, response: response as unknown as Json },
        fence,
      );
      // An answer of another batch is this batch's own from here on: the other one may be pruned or deleted.
      if (!isOfBatch(answer.from)) calls.push({ run, turn, hash: digest });
      return response;
    }
  };
  return {
    take,
    replayed({ turn, request }, { cachedFrom }) {
      if (cachedFrom !== undefined && isOfBatch(cachedFrom)) return;
      calls.push({ run, turn, hash: hashRequest(server, request) });
    },
    hashed: () => calls,
    end(succeeded) {
      for (const key of leads) flights.land(key, succeeded);
      leads.clear();
    },
  };
}

/** SHA-256 of everything that a model's answer depends on. */
function hashRequest(server: string, request: ModelRequest): Buffer {
  const { model, system, tools, messages, maxTokens, sampling, prefill } = request;
  const wishes = [sampling, prefill].filter((wish) => wish !== undefined);
  const said = [server, model, maxTokens, system, tools, messages, ...wishes];
  return hash('sha256', JSON.stringify(said), 'buffer');
}
