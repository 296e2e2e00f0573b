import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { BatchSession } from './batch-session.ts';
import type { KeptAnswer, KeptAnswers } from './kept-answers.ts';

/** How often batches without a coordinator are looked at again, in milliseconds. */
const AGAIN_MS = 5_000;
/** How long a worker waits with its first rows for the answers that it hands over, in milliseconds. */
const FIRST_MS = 3_000;

/** The answers of earlier workers on their way to their coordinators. */
interface HandOver {
  /**
   * Resolves when the coordinators that are there have them, after three seconds at most: rows that run before would
   * repeat calls that are answered.
   */
  first: Promise<void>;
  /** Resolves when all are handed over, or the worker is drained. */
  all: Promise<void>;
}

/**
 * Hands over what workers of this disk that are gone left unacknowledged. A coordinator commits it unless the call is
 * answered or another worker has the row by now.
 * @param sessionOf undefined while the batch has no coordinator
 */
export function handOver(
  kept: KeptAnswers,
  sessionOf: (batchId: string) => Promise<BatchSession | undefined>,
  { drain, clock, log }: { drain: AbortSignal; clock: Clock; log: Log },
): HandOver {
  const { answers, forget } = kept.left();
  /** Those are left whose batches have no coordinator, or one that did not commit them. */
  const pass = async (open: KeptAnswer[]): Promise<KeptAnswer[]> => {
    const isLeft = await Promise.all(
      open.map(async ({ batchId, answered }) => {
        const session = await sessionOf(batchId).catch((): undefined => undefined);
        if (session === undefined) return true;
        return session.request({ kind: 'answer', ...answered }).then(
          () => false,
          () => true,
        );
      }),
    );
    return open.filter((_, at) => isLeft[at]);
  };
  const first = pass(answers);
  const repeat = async (): Promise<void> => {
    let open = await first;
    while (open.length > 0 && !drain.aborted) {
      await clock.sleep(AGAIN_MS, drain).catch((): undefined => undefined);
      open = await pass(open);
    }
    if (open.length > 0) return;
    forget();
    if (answers.length > 0) log.info({ answers: answers.length }, 'answers of an earlier worker were handed over');
  };
  const all = repeat();
  // Reported when the worker ends, which waits for it.
  all.catch((): undefined => undefined);
  const late = new AbortController();
  const waited = clock.sleep(FIRST_MS, late.signal).catch((): undefined => undefined);
  return {
    first: Promise.race([first, waited]).then(
      () => late.abort(),
      () => late.abort(),
    ),
    all,
  };
}
