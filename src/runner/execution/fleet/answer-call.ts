import { toAppError } from '../../../base/errors.ts';
import type { PriceTable } from '../../../providers/prices/prices.ts';
import type { JournalAnswer, JournalKey } from '../../../storage/journal.ts';
import { isOutcomeUnknown } from '../../rows/retry-policy.ts';
import { entryOf } from './grant-call.ts';
import type { Answered, Ask, WireMeaning } from './messages.ts';
import { type GrantedCall, keyText, type RemoteRun } from './remote-run.ts';
import { fromWire, toWire } from './wire.ts';

/** Commits an answer of the holder of a run, at the coordinator's prices and by its clock. */
export async function commitAnswer(run: RemoteRun, answered: Answered, again: boolean): Promise<void> {
  const { calls } = run.model;
  const { key, usage, limits } = answered;
  const granted = take(run, key);
  if (limits !== undefined) granted?.permit?.limits(limits);
  if (usage !== undefined) void granted?.permit?.end({ kind: 'answered', usage });
  const now = calls.clock.now();
  const at = granted === undefined ? Math.min(answered.answer.at, now) : now;
  const answer = { ...priced(answered.answer, calls.prices), at };
  if (granted !== undefined && granted.worst !== null) {
    calls.journal.settle(granted.worst, answer.costMicroUsd ?? undefined, key);
  }
  if (again && (await entryOf(run, key))?.answer) return;
  try {
    await calls.journal.commitAnswer(key, answer);
  } catch (thrown) {
    calls.onFault?.(toAppError(thrown));
    throw thrown;
  }
  if (usage !== undefined) calls.onAnswer?.();
}

/** Ends a model call that has failed; returns what that means for its next try. */
export async function failCall(run: RemoteRun, { key, error, limits }: Ask<'fault'>): Promise<WireMeaning> {
  const fault = fromWire(error);
  const granted = take(run, key);
  if (granted === undefined) return { kind: 'own' };
  if (limits !== undefined) granted.permit?.limits(limits);
  const meaning = (await granted.permit?.end({ kind: 'failed', error: fault })) ?? { kind: 'own' };
  run.model.calls.journal.settle(granted.worst ?? 0, isOutcomeUnknown(fault) ? undefined : 0, key);
  return meaning.kind === 'given-up' ? { kind: 'given-up', error: toWire(meaning.error) } : meaning;
}

function take(run: RemoteRun, key: JournalKey): GrantedCall | undefined {
  const granted = run.granted.get(keyText(key));
  run.granted.delete(keyText(key));
  return granted;
}

/** The answer at the prices of this process. */
export function priced(answer: JournalAnswer, prices: PriceTable): JournalAnswer {
  const { usage, billed } = answer;
  if (usage === null || billed === undefined) return answer;
  const slash = billed.model.indexOf('/');
  const [provider, model] = [billed.model.slice(0, slash), billed.model.slice(slash + 1)];
  const costs = prices.costsOf(provider, model, usage) ?? null;
  const costMicroUsd = prices.priceOf(provider, model, usage) ?? null;
  return { ...answer, costMicroUsd, billed: { model: billed.model, costs } };
}
