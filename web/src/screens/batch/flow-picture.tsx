import type { Schemas } from '../../data/api.ts';
import { batchState } from '../../data/batch-state.ts';
import type { BatchReport } from '../../data/batches.ts';
import { formatBrief, formatSeconds } from '../../data/format.ts';
import { hasEnded } from '../../data/live/messages.ts';
import { classNames } from '../../ui/class-names.ts';
import { Icon } from '../../ui/icon.tsx';
import { type Status, StatusIcon } from '../../ui/status-mark.tsx';
import { messages } from './messages.ts';

type Flow = Schemas['BatchFlow'];
type State = Flow['state'];

/** What a batch enters when nothing stops it. */
const AHEAD: ReadonlySet<State> = new Set(['validating', 'loading', 'running', 'aggregating', 'completed']);
/** States that look otherwise than a step that is done. */
const LOOKS: { [state in State]?: Status } = { paused: 'paused', failed: 'failed', cancelled: 'cancelled' };

interface FlowPictureProps {
  flow: Flow;
  batch: BatchReport | undefined;
  /** The state that is open. */
  chosen: State | undefined;
  onChoose: (state: State) => void;
}

/** The way of a batch through its states: where it was, for how long, with how many rows, where it is, what is ahead. */
export function FlowPicture({ flow, batch, chosen, onChoose }: FlowPictureProps) {
  const goesOn = batch !== undefined && !hasEnded(batch);
  const shown = flow.states.filter(({ state, visits }) => visits > 0 || (goesOn && AHEAD.has(state)));
  return (
    <ol
      aria-label={messages.flowTitle}
      className="flex flex-wrap items-stretch gap-y-3 p-4 max-lg:flex-col max-lg:gap-y-0"
    >
      {shown.map(({ state, visits, seconds, is_current: isCurrent }, index) => (
        <li key={state} className="flex items-center">
          {index > 0 && (
            <span aria-hidden="true" className="flex w-6 items-center text-line-field max-lg:hidden">
              <span className="w-4 border-t" />
              <Icon name="right" className="-ml-2.5 size-4" />
            </span>
          )}
          <button
            type="button"
            aria-current={isCurrent ? 'step' : undefined}
            aria-expanded={chosen === state}
            onClick={() => onChoose(state)}
            className={classNames(
              'grid h-full min-w-36 grid-cols-[1fr_auto] content-start gap-x-3 rounded-2 border px-3 py-2 text-left hover:bg-hover max-lg:w-full max-lg:rounded-none max-lg:border-x-0 max-lg:border-t-0 lg:grid-cols-1',
              isCurrent
                ? 'border-accent bg-accent-tint'
                : visits === 0
                  ? 'border-line-field border-dashed'
                  : 'border-line-2',
              chosen === state && 'inset-ring-1 inset-ring-accent',
            )}
          >
            <span className="flex items-center gap-1.5 whitespace-nowrap">
              <StatusIcon status={lookOf(state, { visits, isCurrent, batch })} />
              <b className="font-semibold">{messages.states[state]}</b>
            </span>
            <span className="whitespace-nowrap text-12 text-ink-2 tabular-nums">
              {visits === 0 ? messages.notBegun : timeText(state, { flow, visits, seconds, isCurrent })}
            </span>
            <span className="col-span-full max-w-60 text-12 text-ink-2 tabular-nums">
              {clauseOf(state, flow, batch)}
            </span>
          </button>
        </li>
      ))}
    </ol>
  );
}

interface Visited {
  visits: number;
  isCurrent: boolean;
}

function lookOf(state: State, { visits, isCurrent, batch }: Visited & { batch: BatchReport | undefined }): Status {
  if (visits === 0) return 'queued';
  if (isCurrent && batch?.status === state) return batchState(batch).status;
  return LOOKS[state] ?? 'succeeded';
}

/** How long it lasted; since when for a state that is final. */
function timeText(
  state: State,
  { flow, visits, seconds, isCurrent }: Visited & { flow: Flow; seconds: number },
): string {
  const entered = flow.changes.findLast((change) => change.state === state);
  if (hasEnded({ status: state })) return entered === undefined ? messages.now : formatBrief(entered.at);
  const parts = [
    formatSeconds(seconds),
    ...(visits > 1 ? [messages.visits(visits)] : []),
    ...(isCurrent ? [messages.now] : []),
  ];
  return parts.join(' · ');
}

/** What the state has done: rows that were loaded, answered, failed; why it paused. */
function clauseOf(state: State, { changes }: Flow, batch: BatchReport | undefined): string {
  if (batch === undefined) return '';
  const { succeeded, failed, total } = batch.counts;
  const retried = batch.bill.failed.attempts;
  if (state === 'loading' && total !== null) return messages.rowsLoaded(total);
  if (state === 'running' && succeeded + failed > 0) {
    const done = total === null ? messages.answered(succeeded + failed) : messages.of(succeeded + failed, total);
    return retried === 0 ? done : `${done}, ${messages.failedAttempts(retried)}`;
  }
  if (state === 'paused') {
    const reason = changes.findLast((change) => change.state === state)?.pause_reason;
    return reason == null ? '' : messages.pausedBy[reason];
  }
  return state === 'completed' && hasEnded(batch) ? messages.count(succeeded, failed) : '';
}
