import { Link } from '@tanstack/react-router';
import { formatExact, formatMoney, formatWhen } from '../../data/format.ts';
import type { Schedule } from '../../data/schedules.ts';
import { moveFocus } from '../../ui/move-focus.ts';
import { StatusMark } from '../../ui/status-mark.tsx';
import { Table } from '../../ui/table.tsx';
import { messages } from './messages.ts';
import { runCost, runOutcome } from './run-outcome.ts';
import { useWork } from './use-work.ts';
import { limitText } from './work-text.ts';

/** One line for each schedule. Arrows move between them, Enter opens one. */
export function ScheduleTable({ schedules }: { schedules: readonly Schedule[] }) {
  const { columns } = messages;
  return (
    <Table
      onKeyDown={moveFocus}
      columns={[
        { label: columns.schedule, width: '' },
        { label: columns.when, width: 'w-72 max-lg:w-56 max-sm:hidden', className: 'max-sm:hidden' },
        { label: columns.next, width: 'w-60 max-lg:hidden', className: 'max-lg:hidden' },
        { label: columns.cap, num: true, width: 'w-28 max-sm:hidden', className: 'max-sm:hidden' },
        { label: columns.state, width: 'w-18 max-sm:w-16' },
        { label: columns.last, width: 'w-48 max-lg:w-36 max-sm:w-28' },
      ]}
    >
      {schedules.map((schedule) => (
        <ScheduleLine key={schedule.name} schedule={schedule} />
      ))}
    </Table>
  );
}

function ScheduleLine({ schedule }: { schedule: Schedule }) {
  const { name, enabled, cron, in_words: words, zone, next } = schedule;
  const { what, how } = useWork(schedule);
  const [first, ...later] = next;
  const when = words ?? cron;
  return (
    <tr className="relative [&>td]:h-12 [&>td]:pt-1.25! [&>td]:align-top">
      <td>
        <Link
          to="/schedules/$name"
          params={{ name }}
          data-line
          className="cut block font-medium text-ink after:absolute after:inset-0 hover:no-underline"
        >
          {name}
        </Link>
        <div className="cut text-12 text-ink-3" title={`${what}, ${how}`}>
          <span className="max-sm:hidden">{[what, how].filter((text) => text !== '').join(' · ')}</span>
          <span className="sm:hidden">{first === undefined ? when : formatWhen(first)}</span>
        </div>
      </td>
      <td className="max-sm:hidden">
        <div className="cut">{when}</div>
        <div className="cut text-12 text-ink-3 max-lg:hidden">
          <code className="text-11">{cron}</code> {messages.zone(zone)}
        </div>
        <div className="cut text-12 text-ink-3 lg:hidden" title={`${cron} ${messages.zone(zone)}`}>
          {first === undefined ? messages.stopped : messages.next(formatWhen(first))}
        </div>
      </td>
      <td className="max-lg:hidden">
        {first === undefined ? (
          <span className="text-ink-3">{messages.stopped}</span>
        ) : (
          <>
            <div className="cut" title={formatExact(first)}>
              {formatWhen(first)}
            </div>
            <div className="cut text-12 text-ink-3" title={later.map((at) => formatExact(at)).join('\n')}>
              {messages.later(later.map((at) => formatWhen(at)).join(', '))}
            </div>
          </>
        )}
      </td>
      <td className="num max-sm:hidden">{limitText(schedule)}</td>
      <td>
        <OnMark isOn={enabled} />
      </td>
      <td>
        <LastRun schedule={schedule} />
      </td>
    </tr>
  );
}

/** Whether a schedule runs at its times. */
export function OnMark({ isOn }: { isOn: boolean }) {
  return <StatusMark status={isOn ? 'succeeded' : 'paused'} word={isOn ? messages.on : messages.off} plain />;
}

function LastRun({ schedule }: { schedule: Schedule }) {
  const { last_run: run } = schedule;
  const cap = <span className="sm:hidden">{messages.upTo(limitText(schedule))}</span>;
  if (run === null) {
    return (
      <>
        <span className="text-ink-3">{messages.neverRan}</span>
        <div className="cut text-12 text-ink-3">{cap}</div>
      </>
    );
  }
  const cost = runCost(run);
  return (
    <>
      <StatusMark {...runOutcome(run)} plain />
      <div className="cut text-12 text-ink-3" title={formatExact(run.started_at)}>
        {cost !== undefined && <span className="font-medium text-ink tabular-nums">{formatMoney(cost)} </span>}
        <span className="max-sm:hidden">{formatWhen(run.started_at)}</span>
        {cap}
      </div>
    </>
  );
}
