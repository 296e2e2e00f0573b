import { hash } from 'node:crypto';
import type { ModelRequest, ModelResponse } from '../../protocol/messages.ts';
import type { Provider } from '../../providers/provider.ts';
import type { JournalEntry } from '../../storage/journal.ts';
import type { HashedCache, HashedTake } from './hashed-cache.ts';

/** A model call that may be answered from the cache. */
interface CacheableCall extends Pick<HashedTake, 'turn' | 'appended' | 'signal'> {
  request: ModelRequest;
}

/** The cache as a run uses it, in the process that carries out the run. */
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
}

interface RunCacheOptions {
  run: string;
  batchId: string;
  /** The name, the server and the routing of the provider decide which answers may serve a request. */
  provider: Pick<Provider, 'name' | 'server' | 'route'>;
}

/** The cache of one run, over the hashes of its requests. */
export function createRunCache(
  cache: Pick<HashedCache, 'take' | 'record'>,
  { run, batchId, provider }: RunCacheOptions,
): RunCache {
  // Most answers come from the model that the request was looked up for, so the last hash is reused.
  let last: { request: ModelRequest; model: string; hash: Buffer } | undefined;
  const hashOf = (request: ModelRequest, model: string): Buffer => {
    if (last?.request !== request || last.model !== model) {
      last = { request, model, hash: hashRequest(provider.server ?? provider.name, request, model) };
    }
    return last.hash;
  };
  return {
    async take({ request, ...call }) {
      while (true) {
        // The route may change while an identical request is in flight: its model may be given up.
        const { model } = provider.route?.(request) ?? request;
        const taken = await cache.take({ ...call, hash: hashOf(request, model), model });
        if (taken.kind === 'answer') return taken.response;
        if (taken.kind === 'send') return undefined;
      }
    },
    replayed({ turn, request }, { cachedFrom, name }) {
      if (cachedFrom?.run.startsWith(`${batchId}/`)) return;
      cache.record({ run, turn, hash: hashOf(request, name.slice(provider.name.length + 1)) });
    },
    answered({ turn, request }, model) {
      cache.record({ run, turn, hash: hashOf(request, model) });
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
