import { hash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { type Json, type ModelRequest, type ModelResponse, NO_USAGE } from '../../protocol/messages.ts';
import type { Provider } from '../../providers/provider.ts';
import type { JournalEntry } from '../../storage/journal.ts';
import type { Fence } from '../../storage/leases.ts';
import type { RowResult } from '../../storage/rows.ts';
import type { Store } from '../../storage/store.ts';
import type { StoredPlan } from '../contract/report/stored-plan.ts';
import { createFlights, type Flights } from './flights.ts';

/** The dependencies of the cache of one running batch. */
export interface CacheDeps {
  /** Whose answers may be served: those of this batch, or of every batch that caches. */
  scope: 'batch' | 'all';
  store: Store;
  clock: Clock;
  flights: Flights;
  fence: Fence;
  /** The name, the server and the routing of the provider decide which answers may serve a request. */
  provider: Pick<Provider, 'name' | 'server' | 'route' | 'adopt'>;
}

/** The cache of a batch; undefined when its options turn the cache off. */
export function cacheOf(
  plan: StoredPlan,
  { fence, provider }: Pick<CacheDeps, 'fence' | 'provider'>,
  { store, clock, flights = createFlights() }: Pick<CacheDeps, 'store' | 'clock'> & { flights?: Flights },
): CacheDeps | undefined {
  const scope = plan.request.options?.cache ?? 'off';
  return scope === 'off' ? undefined : { scope, store, clock, flights, fence, provider };
}

/** A model call that may be answered from the cache. */
interface CacheableCall {
  turn: number;
  request: ModelRequest;
  /** Messages since the previous turn. */
  appended: ModelRequest['messages'];
  signal: AbortSignal;
}

/** The cache of one run. */
export interface RunCache {
  /**
   * Returns the journalled answer of an identical request of a succeeded attempt, at no cost. Waits while an identical
   * request is in flight. Undefined when this call must be sent.
   */
  take(call: CacheableCall): Promise<ModelResponse | undefined>;
  /** Records a call that was answered in an earlier claim of the row. */
  replayed(call: Pick<CacheableCall, 'turn' | 'request'>, entry: JournalEntry): void;
  /** Records a call that was sent, and answered by `model`. */
  answered(call: Pick<CacheableCall, 'turn' | 'request'>, model: string): void;
  /** The hashes to store with a success. */
  hashed(): HashedCalls;
  /** Reports that the attempt has ended or was returned: runs that wait for its calls continue. Idempotent. */
  end(succeeded: boolean): void;
}

type HashedCalls = NonNullable<Extract<RowResult, { status: 'succeeded' }>['hashed']>;

/** Opens the cache for one run. */
export function openRunCache(run: string, deps: CacheDeps): RunCache {
  const { scope, store, clock, flights, fence, provider } = deps;
  const within = scope === 'batch' ? fence.batchId : null;
  const calls: HashedCalls = [];
  const leads = new Set<string>();
  const isOfBatch = (from: { run: string }) => from.run.startsWith(`${fence.batchId}/`);

  // Most answers come from the model that the request was looked up for, so the last hash is reused.
  let last: { request: ModelRequest; model: string; digest: Buffer } | undefined;
  const digestOf = (request: ModelRequest, model: string): Buffer => {
    if (last?.request !== request || last.model !== model) {
      last = { request, model, digest: hashRequest(provider.server ?? provider.name, request, model) };
    }
    return last.digest;
  };

  const take: RunCache['take'] = async ({ turn, request, appended, signal }) => {
    while (true) {
      // The route may change while an identical request is in flight: its model may be given up.
      const { model } = provider.route?.(request) ?? request;
      const digest = digestOf(request, model);
      const key = `${within ?? ''} ${digest.toString('base64')}`;
      // A run that sends the same request again must not wait for itself.
      const seat = leads.has(key) ? 'lead' : await flights.join(key, signal);
      if (seat === 'lead') leads.add(key);
      const answer = await store.findAnswer(digest, within);
      if (answer === undefined) {
        if (seat === 'landed') continue;
        return undefined;
      }
      if (leads.delete(key)) flights.land(key, true);
      const kept = answer.response as unknown as ModelResponse;
      const response = { ...(provider.adopt?.({ model }, kept) ?? kept), usage: NO_USAGE };
      const messages = appended as unknown as Json;
      const intent = { run, turn, call: 0, kind: 'model' as const, request: messages, idempotent: true };
      await store.writeCachedAnswer(
        { ...intent, name: `${provider.name}/${model}`, worstMicroUsd: 0, at: clock.now() },
        { ...answer, response: response as unknown as Json },
        fence,
      );
      // An answer of another batch now belongs to this batch too: the other batch may be pruned or deleted.
      if (!isOfBatch(answer.from)) calls.push({ run, turn, hash: digest });
      return response;
    }
  };
  return {
    take,
    replayed({ turn, request }, { cachedFrom, name }) {
      if (cachedFrom !== undefined && isOfBatch(cachedFrom)) return;
      calls.push({ run, turn, hash: digestOf(request, name.slice(provider.name.length + 1)) });
    },
    answered({ turn, request }, model) {
      calls.push({ run, turn, hash: digestOf(request, model) });
    },
    hashed: () => calls,
    end(succeeded) {
      for (const key of leads) flights.land(key, succeeded);
      leads.clear();
    },
  };
}

/** Part of every hash, so that answers which an older version hashed by other rules are never found. */
const HASH_VERSION = 2;

/** SHA-256 of everything that a model's answer depends on. `model` is the answering model. */
function hashRequest(server: string, request: ModelRequest, model: string): Buffer {
  const { system, tools, messages, maxTokens, sampling, dimensions, prefill, answer } = request;
  const size = dimensions === undefined ? undefined : { dimensions };
  const form = answer === undefined ? undefined : { answer };
  const wishes = [sampling, size, prefill, form].filter((wish) => wish !== undefined);
  const said = [HASH_VERSION, server, model, maxTokens, system, tools, messages, ...wishes];
  return hash('sha256', JSON.stringify(said), 'buffer');
}
