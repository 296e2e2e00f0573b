import { createHash, randomUUID } from 'node:crypto';
import { canonicalJson } from '../base/json/canonical-json.ts';

/** How long a call counts as the repetition of one that broke, in milliseconds. */
const REPEATED_MS = 10 * 60_000;
/** Broken calls that are remembered. */
const MOST = 1000;

/** A call that is being answered. */
interface OpenCall {
  idempotencyKey: string;
  /** Says that the answer is there: from now on an equal call is a new one. */
  end(): void;
}

/** Gives calls their idempotency keys. */
export interface BrokenCalls {
  /**
   * Begins a call. Its key is new, or the one of an equal call of the last minutes that ended before its answer. Clients
   * send such calls again with a new id.
   * @param signal fires when the client takes no answer: the connection broke, or the call was cancelled
   */
  begin(call: { name: string; args: unknown }, signal: AbortSignal): OpenCall;
}

/** Starts with no broken call. What a broken call started, an equal call finds again and does not start twice. */
export function createBrokenCalls({ now = Date.now }: { now?: () => number } = {}): BrokenCalls {
  const broken = new Map<string, { key: string; at: number }>();
  return {
    begin(call, signal) {
      const digest = createHash('sha256').update(canonicalJson(call)).digest('base64url');
      const before = broken.get(digest);
      const isRepeated = before !== undefined && now() - before.at < REPEATED_MS;
      const key = isRepeated ? before.key : randomUUID();
      broken.delete(digest);
      const remember = () => {
        const [oldest] = broken.keys();
        if (broken.size >= MOST && oldest !== undefined) broken.delete(oldest);
        broken.set(digest, { key, at: now() });
      };
      if (signal.aborted) remember();
      else signal.addEventListener('abort', remember, { once: true });
      return { idempotencyKey: key, end: () => signal.removeEventListener('abort', remember) };
    },
  };
}
