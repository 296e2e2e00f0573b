import { createHash } from 'node:crypto';
import type { ModelRequest } from '../../protocol/messages.ts';
import type { Provider } from '../../providers/provider.ts';

/** How long a plan waits for a count. */
const PATIENCE_MS = 1500;
/** How long a provider that gave no count is not asked again. */
const REST_MS = 60_000;
/** Counts that are kept: a plan is often made again while a person changes its table or its options. */
const MOST = 100;

/** Tokens of a request as its provider counts them; undefined where it does not say so in time. Never rejects. */
export type ProviderCount = (request: ModelRequest, provider: Provider) => Promise<number | undefined>;

/** Asks providers, once for each request. A provider that gave no answer rests. @param now milliseconds, monotonic */
export function createProviderCount(now: () => number): ProviderCount {
  const kept = new Map<string, number>();
  const resting = new WeakMap<Provider, number>();
  return async (request, provider) => {
    if (provider.countTokens === undefined || now() < (resting.get(provider) ?? 0)) return undefined;
    const name = createHash('sha256')
      .update(JSON.stringify([provider.name, provider.server, request]))
      .digest('base64');
    const known = kept.get(name);
    if (known !== undefined) return known;
    const counted = await inTime(provider.countTokens(request, AbortSignal.timeout(PATIENCE_MS)));
    if (counted === undefined || !(counted > 0)) {
      resting.set(provider, now() + REST_MS);
      return undefined;
    }
    if (kept.size >= MOST) kept.clear();
    kept.set(name, counted);
    return counted;
  };
}

/** The SDKs do not stop everywhere at once where their signal fires. */
async function inTime(counting: Promise<number | undefined>): Promise<number | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
  try {
    return await Promise.race([counting.catch((): undefined => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
