import { AppError } from '../../../base/errors.ts';
import type { CallPermit } from '../../../providers/lanes/call-lane.ts';
import type { JournalEntry, JournalKey } from '../../../storage/journal.ts';
import type { CallLimits } from '../../rows/model-call.ts';
import type { Ask } from './messages.ts';
import { type GrantedCall, keyText, type RemoteRun } from './remote-run.ts';

/**
 * Grants one call to the holder of a run: room in the budget, room in the lane, then the intent, as for a call of this
 * process. A grant is for one call, so workers together never send more than one process would.
 * @param again the call may have been granted under an earlier lease, without the worker's knowledge
 */
export async function grantCall(
  run: RemoteRun,
  { intent, entry, openSends }: Ask<'grant'>,
  { from, again }: { from: string; again: boolean },
): Promise<CallLimits> {
  const { journal, lane, halt, drain, clock, callLimits } = run.model.calls;
  const { turn, call } = intent;
  const key = { run: run.task.run, turn, call };
  const worst = intent.kind === 'tool' ? null : (intent.worstMicroUsd ?? 0);
  const stopped = () =>
    run.holder !== from || run.signal.aborted || halt?.aborted === true || (openSends === 0 && isOver(run, key));
  if (stopped()) throw notGranted();
  if (worst !== null) await journal.reserve(intent.worstMicroUsd ?? undefined);
  let permit: CallPermit | undefined;
  try {
    if (entry !== null) {
      const waitSignals = [run.signal, halt, drain].filter((each) => each !== undefined);
      permit = await lane?.acquire({ ...entry, run: run.task.run, turn, waitSignals });
    }
    if (stopped()) throw notGranted();
    const known = again ? await entryOf(run, intent) : undefined;
    const isCommitted = known?.answer === null && known.openSends > openSends;
    // By the clock that counts days and the time that calls take: those of workers may differ.
    if (!isCommitted) await journal.commitIntent({ ...intent, at: clock.now() });
    if (stopped()) {
      await journal.commitRefusal(key);
      throw notGranted();
    }
  } catch (thrown) {
    giveBack(run, { key, worst, permit });
    throw thrown;
  }
  run.granted.set(keyText(key), { key, worst, permit });
  return callLimits?.() ?? {};
}

/**
 * Confirms the grant of a call that its worker has not sent yet: it was cut off meanwhile, or other rows were slow.
 * @throws AppError `aborted` where it is taken back
 */
export async function confirmGrant(run: RemoteRun, key: JournalKey): Promise<null> {
  const granted = run.granted.get(keyText(key));
  if (granted === undefined) throw notGranted();
  if (!isOver(run, key)) return null;
  run.granted.delete(keyText(key));
  await run.model.calls.journal.commitRefusal(key).finally(() => giveBack(run, granted));
  throw notGranted();
}

function giveBack(run: RemoteRun, { key, worst, permit }: GrantedCall): void {
  void permit?.end({ kind: 'not-sent' });
  if (worst !== null) run.model.calls.journal.settle(worst, 0, key);
}

/** Whether a batch that stops takes a call back: the first one of its row, which has cost nothing yet. */
function isOver({ model: { calls } }: RemoteRun, { turn, call }: Pick<JournalKey, 'turn' | 'call'>): boolean {
  return calls.drain?.aborted === true && turn === 0 && call === 0;
}

/** The journal's entry of a call. */
export async function entryOf(
  { task, model }: RemoteRun,
  key: { turn: number; call: number },
): Promise<JournalEntry | undefined> {
  const entries = await model.calls.journal.read(task.run);
  return entries.find(({ turn, call }) => turn === key.turn && call === key.call);
}

/** The fault of a call that its worker may not send. */
export function notGranted(): AppError {
  return new AppError('aborted', 'The call was not granted: its run is stopped, or another worker has its row.');
}
