import { Link } from '@tanstack/react-router';
import { formatCount, formatDuration, formatExact, formatWhen } from '../../data/format.ts';
import type { Worker } from '../../data/workers.ts';
import { type Status, StatusMark } from '../../ui/status-mark.tsx';
import { messages } from './messages.ts';

const MARKS: { [state in Worker['state']]: Status } = {
  active: 'succeeded',
  draining: 'paused',
  other_version: 'needs-you',
  silent: 'failed',
};

/** One line for each worker: what it is, how much it runs, and what it lacks. */
export function WorkerTable({ workers }: { workers: readonly Worker[] }) {
  const { columns } = messages;
  return (
    <table className="table-lines table-fixed">
      <caption className="sr-only">{messages.title}</caption>
      <colgroup>
        <col />
        <col className="w-36 max-sm:hidden" />
        <col className="w-32 max-sm:w-24" />
        <col className="w-36 max-lg:hidden" />
        <col className="w-44 max-lg:hidden" />
        <col className="w-28 max-lg:hidden" />
        <col className="w-32 max-sm:hidden" />
      </colgroup>
      <thead>
        <tr>
          <th scope="col">{columns.worker}</th>
          <th scope="col" className="max-sm:hidden">
            {columns.state}
          </th>
          <th scope="col">{columns.load}</th>
          <th scope="col" className="num max-lg:hidden">
            {columns.rows}
          </th>
          <th scope="col" className="pl-6! max-lg:hidden">
            {columns.tags}
          </th>
          <th scope="col" className="max-lg:hidden">
            {columns.version}
          </th>
          <th scope="col" className="max-sm:hidden">
            {columns.seen}
          </th>
        </tr>
      </thead>
      <tbody>
        {workers.map((worker) => (
          <WorkerLine key={worker.worker_id} worker={worker} />
        ))}
      </tbody>
    </table>
  );
}

function WorkerLine({ worker }: { worker: Worker }) {
  const { worker_id: id, host, pid, tags, version, rows, state, started_at: started } = worker;
  const tagList = tags.join(', ');
  return (
    <tr className="[&>td]:h-12 [&>td]:py-1.25! [&>td]:align-top [&>td]:whitespace-normal">
      <td>
        <div className="cut font-medium">{host}</div>
        <div className="cut text-12 text-ink-3">{messages.process(pid, id)}</div>
        <div className="text-12 text-ink-3 lg:hidden">
          <span className="sm:hidden">
            <State state={state} />
          </span>
          <div>{messages.small(formatCount(rows), version)}</div>
          {tagList !== '' && <div>{messages.tags(tagList)}</div>}
          {state === 'silent' && (
            <div className="sm:hidden">
              {messages.columns.seen} <Seen worker={worker} />
            </div>
          )}
        </div>
        <Lacks worker={worker} />
      </td>
      <td className="max-sm:hidden">
        <State state={state} />
      </td>
      <td>
        <Load worker={worker} />
      </td>
      <td className="num max-lg:hidden">
        {formatCount(rows)}
        <div className="text-12 text-ink-3">{messages.since(formatWhen(started))}</div>
      </td>
      <td className="pl-6! [overflow-wrap:anywhere] max-lg:hidden">{tagList}</td>
      <td className="[overflow-wrap:anywhere] max-lg:hidden">{version}</td>
      <td className="max-sm:hidden">
        <Seen worker={worker} />
      </td>
    </tr>
  );
}

function State({ state }: { state: Worker['state'] }) {
  return <StatusMark status={MARKS[state]} word={messages.states[state]} />;
}

/** How many of its places have a row. */
function Load({ worker: { running_rows: running, concurrency } }: { worker: Worker }) {
  const share = Math.min(1, running / concurrency);
  return (
    <>
      <span className="tabular-nums">{messages.load(formatCount(running), formatCount(concurrency))}</span>
      <div aria-hidden="true" className="mt-1.5 h-1.5 overflow-hidden rounded-[2px] bg-bar-rest">
        <div className="h-full bg-bar" style={{ width: `${share * 100}%` }} />
      </div>
    </>
  );
}

/** The clocks of three machines are not compared: a worker that is not silent has just been seen. */
function Seen({ worker: { state, seen_at: seen } }: { worker: Worker }) {
  const ago = formatDuration((Date.now() - Date.parse(seen)) / 1000);
  return <span title={formatExact(seen)}>{state === 'silent' ? messages.ago(ago) : messages.now}</span>;
}

/** Why it gets no rows, or gives those of a batch back. */
function Lacks({ worker: { state, unfit } }: { worker: Worker }) {
  const note = state === 'active' ? undefined : messages.notes[state];
  if (note === undefined && unfit.length === 0) return null;
  return (
    <ul className="mt-1 text-12 text-warn [overflow-wrap:anywhere]">
      {note !== undefined && <li>{note}</li>}
      {unfit.map(({ batch_id: batch, reason }) => (
        <li key={batch}>
          {messages.unfit(reason)}{' '}
          <Link to="/batches/$id/rows" params={{ id: batch }} className="underline">
            {messages.batch}
          </Link>
        </li>
      ))}
    </ul>
  );
}
