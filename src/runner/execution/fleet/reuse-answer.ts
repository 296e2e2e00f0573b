import type { Taken } from '../../rows/hashed-cache.ts';
import { entryOf, notGranted } from './grant-call.ts';
import type { Ask } from './messages.ts';
import type { RemoteRun } from './remote-run.ts';

/**
 * Looks up the answer of an identical request for the holder of a run, and waits while one is in flight, as for a call
 * of this process.
 * @param again the answer may have been written under an earlier lease, without the worker's knowledge
 */
export async function reuseAnswer(
  run: RemoteRun,
  { turn, hash, model, appended }: Ask<'reuse'>,
  again: boolean,
): Promise<Taken> {
  const { cacheOf, calls } = run.model;
  const cache = cacheOf?.(run.task.run);
  if (cache === undefined) throw notGranted();
  const known = again ? await entryOf(run, { turn, call: 0 }) : undefined;
  if (known?.answer) return { kind: 'answer', response: known.answer.response as never };
  const wait = new AbortController();
  run.waits.add(wait);
  try {
    const signals = [run.signal, wait.signal, calls.halt].filter((each) => each !== undefined);
    const call = { turn, hash: Buffer.from(hash, 'base64'), model, appended, signal: AbortSignal.any(signals) };
    const taken = await cache.take(call);
    if (taken.kind === 'answer') calls.onAnswer?.();
    return taken;
  } finally {
    run.waits.delete(wait);
  }
}
