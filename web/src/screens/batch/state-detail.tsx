import type { Schemas } from '../../data/api.ts';
import type { BatchReport } from '../../data/batches.ts';
import { formatSeconds, formatWhen } from '../../data/format.ts';
import { messages } from './messages.ts';

type Change = Schemas['BatchFlow']['changes'][number];

interface StateDetailProps {
  state: Change['state'];
  changes: readonly Change[];
  now: BatchReport | undefined;
}

/** Each visit of a state: when, how long, and the rows with which the batch entered and left it. */
export function StateDetail({ state, changes, now }: StateDetailProps) {
  const visits = changes.flatMap((change, index) =>
    change.state === state ? [{ change, after: changes[index + 1]?.counts ?? now?.counts ?? null }] : [],
  );
  return (
    <section aria-label={messages.states[state]} className="border-line border-t px-4 py-3">
      <h2>{messages.states[state]}</h2>
      {visits.length === 0 && <p className="text-ink-2">{messages.notEntered}</p>}
      {visits.map(({ change, after }) => (
        <dl key={change.number} className="grid grid-cols-[auto_1fr] gap-x-4 py-1 tabular-nums">
          <dt className="col-span-2 text-ink-2">
            {messages.entered(
              formatWhen(change.at),
              change.seconds === null ? messages.now : formatSeconds(change.seconds),
            )}
            {change.pause_reason !== null && `: ${messages.pausedBy[change.pause_reason]}`}
          </dt>
          <Counts label={messages.whenEntered} counts={change.counts} />
          <Counts label={change.seconds === null ? messages.rowsNow : messages.whenLeft} counts={after} />
        </dl>
      ))}
    </section>
  );
}

function Counts({ label, counts }: { label: string; counts: Change['counts'] }) {
  if (counts === null) return null;
  return (
    <>
      <dt className="text-ink-2">{label}</dt>
      <dd>
        {messages.queuedRows(counts.queued, counts.running)}, {messages.count(counts.succeeded, counts.failed)}
      </dd>
    </>
  );
}
