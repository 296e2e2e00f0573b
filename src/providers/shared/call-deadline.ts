import { AppError } from '../../base/errors.ts';
import { duration } from '../../base/figures.ts';
import type { RespondOptions } from '../provider.ts';

/** Deadline of one call, in milliseconds, where the caller sets none. */
const DEFAULT_TIMEOUT_MS = 600_000;
const SDK_MARGIN_MS = 1000;

/** The deadline of one call, from sending until its body has been read: the SDKs' own timeouts end with the headers. */
export interface CallDeadline {
  signal: AbortSignal;
  /** For an SDK that needs its own timeout: later than ours, so that ours ends the call. */
  timeoutMs: number;
  /** Our own reason for ending the call early, if we did. */
  fault(): AppError | undefined;
  /** Idempotent; must be called when the call has ended. */
  end(): void;
}

/**
 * Starts the deadline of a call.
 * @param service as messages name it
 */
export function startCall(service: string, options: Pick<RespondOptions, 'signal' | 'timeoutMs'>): CallDeadline {
  const { signal, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const controller = new AbortController();
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = !controller.signal.aborted;
    controller.abort();
  }, timeoutMs);
  const follow = () => controller.abort();
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    timeoutMs: Math.ceil(timeoutMs) + SDK_MARGIN_MS,
    fault() {
      if (isTimedOut) {
        const text = `${service} did not answer within ${duration(timeoutMs / 1000)}.`;
        return new AppError('model_timeout', text, { retryable: true, outcomeUnknown: true });
      }
      if (!signal.aborted) return undefined;
      return new AppError('aborted', 'The model call was cancelled.', { outcomeUnknown: true, cause: signal.reason });
    },
    end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', follow);
    },
  };
}

/**
 * Runs `send` within the call's time.
 * @param toFault converts an error that our deadline did not cause
 * @throws AppError `model_timeout` or `aborted`, or the result of `toFault`
 */
export async function withinDeadline<Answer>(
  service: string,
  options: Pick<RespondOptions, 'signal' | 'timeoutMs'>,
  { send, toFault }: { send: (call: CallDeadline) => Promise<Answer>; toFault: (thrown: unknown) => AppError },
): Promise<Answer> {
  if (options.signal.aborted) throw new AppError('aborted', 'The model call was not sent.');
  const call = startCall(service, options);
  try {
    return await send(call);
  } catch (thrown) {
    throw call.fault() ?? toFault(thrown);
  } finally {
    call.end();
  }
}
