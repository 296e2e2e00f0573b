import type { RateLimit, RateLimits } from '../provider.ts';

/** A server's clock is used if it differs by more than this; otherwise ours is more precise than `date`'s seconds. */
const CLOCK_TOLERANCE_MS = 2_000;

/**
 * The limits in an answer's `anthropic-ratelimit-*` headers, if it has any. `tokens` repeats the one of input and
 * output that is closer to its limit, so it is read only where those two are not given.
 * Source: Anthropic's rate limits, response headers.
 * @param now milliseconds since the epoch
 */
export function readLimits(headers: Pick<Headers, 'get'>, now: number): RateLimits | undefined {
  const read = (kind: string): RateLimit | undefined => {
    const limit = numberOf(headers.get(`anthropic-ratelimit-${kind}-limit`));
    if (limit === undefined) return undefined;
    const remaining = numberOf(headers.get(`anthropic-ratelimit-${kind}-remaining`));
    if (remaining === undefined || limit <= 0) return undefined;
    const reset = Date.parse(headers.get(`anthropic-ratelimit-${kind}-reset`) ?? '');
    return { limit, remaining, ...(Number.isNaN(reset) ? {} : { resetMs: Math.max(0, reset - serverNow()) }) };
  };
  const serverNow = () => {
    const date = Date.parse(headers.get('date') ?? '');
    return Math.abs(date - now) > CLOCK_TOLERANCE_MS ? date : now;
  };
  const [requests, inputTokens, outputTokens] = [read('requests'), read('input-tokens'), read('output-tokens')];
  const isSplit = inputTokens !== undefined || outputTokens !== undefined;
  const tokens = isSplit ? undefined : read('tokens');
  if (requests === undefined && !isSplit && tokens === undefined) return undefined;
  return {
    ...(requests && { requests }),
    ...(inputTokens && { inputTokens }),
    ...(outputTokens && { outputTokens }),
    ...(tokens && { tokens }),
  };
}

function numberOf(text: string | null): number | undefined {
  const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
