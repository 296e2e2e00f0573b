import type { RateLimit, RateLimits } from '../provider.ts';

/** A limit that needs longer than this to be full again is a daily one; it does not show a rate per minute. */
const LONGEST_WINDOW_MS = 600_000;

/**
 * The limits in an answer's `x-ratelimit-*` headers, if it has any; `tokens` counts input and the asked-for output.
 * Source: OpenAI's rate limits, headers.
 */
export function readLimits(headers: Pick<Headers, 'get'>): RateLimits | undefined {
  const read = (kind: string): RateLimit | undefined => {
    const limit = numberOf(headers.get(`x-ratelimit-limit-${kind}`));
    const remaining = numberOf(headers.get(`x-ratelimit-remaining-${kind}`));
    if (limit === undefined || remaining === undefined || limit <= 0) return undefined;
    const resetMs = durationMs(headers.get(`x-ratelimit-reset-${kind}`));
    if (resetMs === undefined) return { limit, remaining };
    const windowMs = (resetMs * limit) / Math.max(1, limit - remaining);
    return remaining < limit && windowMs > LONGEST_WINDOW_MS ? undefined : { limit, remaining, resetMs };
  };
  const [requests, tokens] = [read('requests'), read('tokens')];
  if (requests === undefined && tokens === undefined) return undefined;
  return { ...(requests === undefined ? {} : { requests }), ...(tokens === undefined ? {} : { tokens }) };
}

/** How long until the used-up limits are full again, in milliseconds. */
export function resetOfUsedUp(headers: Pick<Headers, 'get'>): number | undefined {
  const resets = ['requests', 'tokens'].flatMap((kind) => {
    if (headers.get(`x-ratelimit-remaining-${kind}`) !== '0') return [];
    return durationMs(headers.get(`x-ratelimit-reset-${kind}`)) ?? [];
  });
  return resets.length === 0 ? undefined : Math.max(...resets);
}

const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `6m0s`, `1.5s`, `20ms`; a bare number is in seconds. */
function durationMs(text: string | null): number | undefined {
  if (text === null) return undefined;
  const seconds = numberOf(text);
  if (seconds !== undefined) return Math.ceil(seconds * 1000);
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  return Math.ceil(parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS_MS[unit ?? ''] ?? 0), 0));
}

function numberOf(text: string | null): number | undefined {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
