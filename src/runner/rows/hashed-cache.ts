import type { Clock } from '../../base/clock.ts';
import { type Json, type ModelRequest, type ModelResponse, NO_USAGE } from '../../protocol/messages.ts';
import type { Provider } from '../../providers/provider.ts';
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

/** A model call that may be answered from the cache, by the hash of its request. */
export interface HashedTake {
  turn: number;
  hash: Buffer;
  /** The model that the call would be sent to. */
  model: string;
  /** Messages since the previous turn. */
  appended: ModelRequest['messages'];
  signal: AbortSignal;
}

/** `again`: an identical request was in flight and is over, so that the call may be routed to another model now. */
export type Taken = { kind: 'answer'; response: ModelResponse } | { kind: 'again' } | { kind: 'send' };

/** The hashes of the model calls of a row, which are stored with its success. */
export type HashedCalls = NonNullable<Extract<RowResult, { status: 'succeeded' }>['hashed']>;

/** The cache of one run, in the process that holds the lease; the run may take place in another one. */
export interface HashedCache {
  /**
   * Looks for the journalled answer of an identical request of a succeeded attempt, and writes it to the journal at no
   * cost. Waits while an identical request is in flight.
   */
  take(call: HashedTake): Promise<Taken>;
  /** Records a call that was answered, now or in an earlier claim of the row. */
  record(call: HashedCalls[number]): void;
  /** The hashes to store with a success. */
  hashed(): HashedCalls;
  /** Reports that the attempt has ended or was returned: runs that wait for its calls continue. Idempotent. */
  end(succeeded: boolean): void;
}

/** Opens the cache for one run. */
export function openHashedCache(run: string, deps: CacheDeps): HashedCache {
  const { scope, store, clock, flights, fence, provider } = deps;
  const within = scope === 'batch' ? fence.batchId : null;
  const calls: HashedCalls = [];
  const leads = new Set<string>();
  return {
    async take({ turn, hash, model, appended, signal }) {
      const key = `${within ?? ''} ${hash.toString('base64')}`;
      // A run that sends the same request again must not wait for itself.
      const seat = leads.has(key) ? 'lead' : await flights.join(key, signal);
      if (seat === 'lead') leads.add(key);
      const answer = await store.findAnswer(hash, within);
      if (answer === undefined) return { kind: seat === 'landed' ? 'again' : 'send' };
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
      if (!answer.from.run.startsWith(`${fence.batchId}/`)) calls.push({ run, turn, hash });
      return { kind: 'answer', response };
    },
    record: (call) => void calls.push(call),
    hashed: () => calls,
    end(succeeded) {
      for (const key of leads) flights.land(key, succeeded);
      leads.clear();
    },
  };
}
