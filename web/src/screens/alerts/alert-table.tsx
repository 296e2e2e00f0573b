import type { Alert } from '../../data/alerts.ts';
import { formatDuration, formatExact, formatWhen } from '../../data/format.ts';
import { Button } from '../../ui/button.tsx';
import { StatusMark } from '../../ui/status-mark.tsx';
import { Table } from '../../ui/table.tsx';
import { AboutLink } from './about-link.tsx';
import { measured } from './figures.ts';
import { messages } from './messages.ts';

interface AlertTableProps {
  alerts: readonly Alert[];
  /** Without it the alerts are only shown. */
  onAct?: (id: string, act: 'acknowledge' | 'resolve') => void;
  isBusy: boolean;
}

/** One line for each alert: what is wrong, of what, since when, and what can be done. */
export function AlertTable({ alerts, onAct, isBusy }: AlertTableProps) {
  const { columns } = messages;
  return (
    <Table
      className="[&_td]:py-2 [&_td]:align-top [&_td]:whitespace-normal"
      columns={[
        { label: columns.alert, className: 'w-full' },
        { label: columns.figure, className: 'max-lg:hidden' },
        { label: columns.since, className: 'max-sm:hidden' },
        { label: columns.state, className: 'max-sm:hidden' },
        { label: columns.action, quiet: true },
      ]}
    >
      {alerts.map((alert) => (
        <AlertLine key={alert.alert_id} alert={alert} onAct={onAct} isBusy={isBusy} />
      ))}
    </Table>
  );
}

interface AlertLineProps {
  alert: Alert;
  onAct: AlertTableProps['onAct'] | undefined;
  isBusy: boolean;
}

function AlertLine({ alert, onAct, isBusy }: AlertLineProps) {
  const { alert_id: id, rule, state, message } = alert;
  const act = (what: 'acknowledge' | 'resolve', label: string) =>
    onAct !== undefined && (
      <Button
        size="small"
        writes
        label={`${label} ${rule}: ${alert.subject}`}
        disabled={isBusy}
        onClick={() => onAct(id, what)}
      >
        {label}
      </Button>
    );
  return (
    <tr>
      <td>
        <div className="flex flex-wrap items-baseline gap-x-2">
          <span className="font-medium">{rule}</span>
          <AboutLink about={alert.about} />
        </div>
        <div className="mt-0.5 max-w-180 text-12 text-ink-2 [overflow-wrap:anywhere]">{message}</div>
        <div className="mt-1 grid gap-1 lg:hidden">
          <Figure alert={alert} />
          <div className="flex flex-wrap items-baseline gap-x-2 sm:hidden">
            <Since alert={alert} />
            <State alert={alert} />
          </div>
        </div>
      </td>
      <td className="whitespace-nowrap! max-lg:hidden">
        <Figure alert={alert} />
      </td>
      <td className="whitespace-nowrap! max-sm:hidden">
        <Since alert={alert} />
      </td>
      <td className="whitespace-nowrap! max-sm:hidden">
        <State alert={alert} />
      </td>
      <td>
        {state !== 'resolved' && (
          <span className="flex justify-end gap-1 max-sm:flex-col">
            {state === 'open' && act('acknowledge', messages.acknowledge)}
            {act('resolve', messages.resolve)}
          </span>
        )}
      </td>
    </tr>
  );
}

function Figure({ alert }: { alert: Alert }) {
  const figure = measured(alert);
  if (figure === null) return null;
  return (
    <span className="tabular-nums">
      <b className="font-semibold">{figure.value}</b> <span className="text-12 text-ink-3">{figure.limit}</span>
    </span>
  );
}

function Since({ alert: { raised_at: raised, resolved_at: resolved } }: { alert: Alert }) {
  const seconds = ((resolved === null ? Date.now() : Date.parse(resolved)) - Date.parse(raised)) / 1000;
  const time = formatDuration(seconds);
  return (
    <>
      <span title={formatExact(raised)}>{formatWhen(raised)}</span>
      <div className="text-12 text-ink-3 max-sm:ml-2 max-sm:inline">
        {resolved === null ? messages.goesOn(time) : messages.lasted(time)}
      </div>
    </>
  );
}

function State({ alert }: { alert: Alert }) {
  const { state, acknowledged_at: known, acknowledged_by: by, resolved_at: over, resolved_by: closer } = alert;
  if (state === 'open') return <StatusMark status="needs-you" word={messages.open} />;
  const note =
    state === 'acknowledged'
      ? messages.by(by ?? '', formatWhen(known ?? alert.raised_at))
      : closer === null
        ? messages.ended(formatWhen(over ?? alert.raised_at))
        : messages.by(closer, formatWhen(over ?? alert.raised_at));
  return (
    <>
      {state === 'acknowledged' ? (
        <StatusMark status="paused" word={messages.acknowledged} />
      ) : (
        <StatusMark status="succeeded" word={messages.resolved} />
      )}
      <div className="text-12 text-ink-3">{note}</div>
    </>
  );
}
