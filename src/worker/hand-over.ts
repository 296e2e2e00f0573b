import type { Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { BatchSession } from './batch-session.ts';
import type { KeptAnswer, KeptAnswers } from './kept-answers.ts';

/** How often batches without a coordinator are looked at again, in milliseconds. */
const AGAIN_MS = 5_000;

/**
 * Hands over what workers of this disk that are gone left unacknowledged. A coordinator commits it unless the call is
 * answered or another worker has the row by now.
 * @param sessionOf undefined while the batch has no coordinator
 */
export async function handOver(
  kept: KeptAnswers,
  sessionOf: (batchId: string) => Promise<BatchSession | undefined>,
  { drain, clock, log }: { drain: AbortSignal; clock: Clock; log: Log },
): Promise<void> {
  const { answers, forget } = kept.left();
  let open: KeptAnswer[] = answers;
  while (open.length > 0 && !drain.aborted) {
    const still: KeptAnswer[] = [];
    for (const each of open) {
      const session = await sessionOf(each.batchId).catch((): undefined => undefined);
      if (session === undefined) still.push(each);
      else await session.request({ kind: 'answer', ...each.answered });
    }
    open = still;
    if (open.length === 0) log.info({ answers: answers.length }, 'answers of an earlier worker were handed over');
    else await clock.sleep(AGAIN_MS, drain).catch((): undefined => undefined);
  }
  if (open.length === 0) forget();
}
