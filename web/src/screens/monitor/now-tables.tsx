import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Schemas } from '../../data/api.ts';
import { formatCount, formatDuration, formatExact, formatWhen } from '../../data/format.ts';
import { StatusMark } from '../../ui/status-mark.tsx';
import { Table } from '../../ui/table.tsx';
import { Wide } from '../../ui/wide.tsx';
import { messages } from './messages.ts';

type Dashboard = Schemas['Dashboard'];

/** The lanes of models, the jobs at providers, and the open alerts. */
export function NowTables({ dashboard }: { dashboard: Dashboard }) {
  return (
    <div className="grid grid-cols-2 max-lg:grid-cols-1">
      <Part title={messages.lanes.title} note={messages.lanes.note}>
        <Lanes lanes={dashboard.lanes} />
      </Part>
      <Part title={messages.jobs.title}>
        <ProviderJobs jobs={dashboard.provider_jobs} />
      </Part>
      <Part title={messages.alertList.title} link={<Link to="/alerts">{messages.alertList.all}</Link>}>
        <Alerts alerts={dashboard.alerts} />
      </Part>
    </div>
  );
}

function Part({
  title,
  note,
  link,
  children,
}: {
  title: string;
  note?: string;
  link?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="min-w-0 border-line border-b lg:odd:border-r">
      <div className="flex h-11 items-center gap-2 px-4">
        <h2>{title}</h2>
        {note !== undefined && <span className="cut text-12 text-ink-3">{note}</span>}
        {link !== undefined && <span className="ml-auto text-12">{link}</span>}
      </div>
      {children}
    </section>
  );
}

function Lanes({ lanes }: { lanes: Dashboard['lanes'] }) {
  const { lanes: words } = messages;
  if (lanes.length === 0) return <None text={words.none} />;
  return (
    <Wide label={words.title}>
      <Table
        columns={[
          { label: words.columns.lane },
          { label: words.columns.state },
          { label: words.columns.flight, num: true },
          { label: words.columns.waiting, num: true },
        ]}
      >
        {lanes.map((lane) => (
          <tr key={`${lane.provider}/${lane.model}`}>
            <td>{`${lane.provider}/${lane.model}`}</td>
            <td>
              <LaneState lane={lane} />
            </td>
            <td className="num">{formatCount(lane.in_flight)}</td>
            <td className="num">{formatCount(lane.waiting)}</td>
          </tr>
        ))}
      </Table>
    </Wide>
  );
}

function LaneState({ lane }: { lane: Dashboard['lanes'][number] }) {
  const { lanes: words } = messages;
  if (lane.state === 'open') return <StatusMark status="succeeded" word={words.open} />;
  if (lane.state === 'stopped') return <StatusMark status="failed" word={words.stopped} />;
  return <StatusMark status="paused" word={words.cooling(formatDuration(lane.wait_seconds))} />;
}

function ProviderJobs({ jobs }: { jobs: Dashboard['provider_jobs'] }) {
  const { jobs: words } = messages;
  if (jobs.length === 0) return <None text={words.none} />;
  return (
    <Wide label={words.title}>
      <Table
        columns={[
          { label: words.columns.job },
          { label: words.columns.requests, num: true },
          { label: words.columns.since },
          { label: words.columns.batch },
        ]}
      >
        {jobs.map(({ batch_id: batch, provider, model, requests, submitted_at: at }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the report has no id of a job
          <tr key={`${batch} ${index}`}>
            <td>{model.includes('/') ? model : `${provider}/${model}`}</td>
            <td className="num">{formatCount(requests)}</td>
            <td {...(at !== null && { title: formatExact(at) })}>{at === null ? words.notSent : formatWhen(at)}</td>
            <td>
              <Link to="/batches/$id/rows" params={{ id: batch }}>
                {words.open}
              </Link>
            </td>
          </tr>
        ))}
      </Table>
    </Wide>
  );
}

function Alerts({ alerts }: { alerts: Dashboard['alerts'] }) {
  const { alertList: words } = messages;
  if (alerts.length === 0) return <None text={words.none} />;
  return (
    <ul>
      {alerts.map(({ alert_id: id, rule, state, message, raised_at: at }) => (
        <li key={id} className="flex items-baseline gap-3 border-line border-t px-4 py-1.5">
          <StatusMark status={state === 'acknowledged' ? 'paused' : 'needs-you'} word={rule} />
          <span className="min-w-0 grow [overflow-wrap:anywhere]">{message}</span>
          <span className="flex-none text-12 text-ink-3" title={formatExact(at)}>
            {words.since(formatWhen(at))}
          </span>
        </li>
      ))}
    </ul>
  );
}

function None({ text }: { text: string }) {
  return <p className="px-4 pb-4 text-ink-2">{text}</p>;
}
