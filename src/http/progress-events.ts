import type { ServerEvent } from './sse.ts';

/**
 * A piece of work as events: `progress` with its newest state, then `result`. Progress that a slow reader misses is left
 * out. The work ends with the stream.
 */
export async function* progressEvents<Progress, Result>(
  signal: AbortSignal,
  work: (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<Result>,
): AsyncGenerator<ServerEvent> {
  const stop = new AbortController();
  let latest: Progress | undefined;
  let wake = (): void => undefined;
  let isOver = false;
  const done = work(AbortSignal.any([signal, stop.signal]), (progress) => {
    latest = progress;
    wake();
  }).finally(() => {
    isOver = true;
    wake();
  });
  // Its fault is thrown where the result is awaited; a stream that was left before has no reader for it.
  done.catch(() => undefined);
  try {
    while (!isOver) {
      if (latest === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (latest !== undefined) yield { event: 'progress', data: latest };
      latest = undefined;
    }
    yield { event: 'result', data: await done };
  } finally {
    stop.abort();
  }
}
