import { Link, useSearch } from '@tanstack/react-router';
import type { Schemas } from '../../data/api.ts';
import { formatCount, formatDuration, formatExact, formatRange, formatWhen } from '../../data/format.ts';
import { useNextRun } from '../../data/queues.ts';
import { shared } from '../../messages/shared.ts';
import { Button } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { Table } from '../../ui/table.tsx';
import { messages } from './messages.ts';

type Queue = Schemas['Queue'];

interface QueueTableProps {
  queues: readonly Queue[];
  /** Processes the queues of an agent. */
  onProcess: (agent: string) => void;
}

/** One line for each queue: what waits, since when, what it would cost, and when it is processed. */
export function QueueTable({ queues, onProcess }: QueueTableProps) {
  const { columns } = messages;
  return (
    <Table
      label={messages.title}
      columns={[
        { label: columns.agent, width: '' },
        { label: columns.waiting, width: 'w-44 max-sm:w-24' },
        { label: columns.oldest, width: 'w-32 max-lg:hidden', className: 'max-lg:hidden' },
        { label: columns.batch, num: true, width: 'w-36 max-sm:w-28', className: 'max-sm:pr-4!' },
        { label: columns.standard, num: true, width: 'w-36 max-sm:hidden', className: 'max-sm:hidden' },
        { label: columns.next, width: 'w-52 max-lg:hidden', className: 'pl-6! max-lg:hidden' },
        { label: columns.action, quiet: true, width: 'w-36 max-sm:hidden', className: 'max-sm:hidden' },
      ]}
    >
      {queues.map((queue) => (
        <QueueLine
          key={`${queue.agent}@${queue.version} ${queue.model}`}
          queue={queue}
          onProcess={() => onProcess(queue.agent)}
        />
      ))}
    </Table>
  );
}

function QueueLine({ queue, onProcess }: { queue: Queue; onProcess: () => void }) {
  const { agent, version, model, waiting, oldest_at: oldest, by_priority: priorities, estimate, problem } = queue;
  const search = useSearch({ from: '/queues' });
  const next = useNextRun()(agent);
  const age = oldest === null ? '' : formatDuration((Date.now() - Date.parse(oldest)) / 1000);
  const process = (
    <Button
      writes
      size="small"
      icon="play"
      label={messages.processOf(agent)}
      disabled={problem !== null}
      why={problem?.message}
      onClick={onProcess}
    >
      {messages.process}
    </Button>
  );
  return (
    <tr aria-selected={search.agent === agent} className="[&>td]:h-12 [&>td]:py-1.25! [&>td]:align-top">
      <td>
        <Link
          from="/queues"
          to="/queues"
          search={(old) => ({ ...old, agent, job: undefined })}
          className="cut block font-medium text-ink"
        >
          {agent}
        </Link>
        <div className="cut text-12 text-ink-3">{`${version} · ${model}`}</div>
        {problem !== null && <Problem {...problem} />}
        <div className="my-1 sm:hidden">{process}</div>
      </td>
      <td className="tabular-nums">
        <span className="font-semibold">{formatCount(waiting)}</span>
        <div className="whitespace-normal text-12 text-ink-3">
          {priorities.map(({ priority, jobs }) => messages.priority(priority, formatCount(jobs))).join(' · ')}
        </div>
        <div className="text-12 text-ink-3 lg:hidden">{age}</div>
      </td>
      <td className="max-lg:hidden">
        {age}
        {oldest !== null && (
          <div className="text-12 text-ink-3" title={formatExact(oldest)}>
            {formatWhen(oldest)}
          </div>
        )}
      </td>
      <td className="num max-sm:pr-4!">
        <Price range={estimate?.batch_usd ?? null} none={noBatch(queue)} strong />
        <div className="text-12 text-ink-3 sm:hidden">
          <Price range={estimate?.standard_usd ?? null} none={shared.unknown} />
        </div>
      </td>
      <td className="num max-sm:hidden">
        <Price range={estimate?.standard_usd ?? null} none={shared.unknown} />
      </td>
      <td className="pl-6! max-lg:hidden">
        {next === undefined ? (
          <span className="text-ink-3">{messages.never}</span>
        ) : (
          <>
            <Link to="/schedules/$name" params={{ name: next.schedule }} title={formatExact(next.at)}>
              {formatWhen(next.at)}
            </Link>
            <div className="cut text-12 text-ink-3" title={messages.scheduleOf(next.schedule, next.cappedOnly)}>
              {messages.scheduleOf(next.schedule, next.cappedOnly)}
            </div>
          </>
        )}
      </td>
      <td className="text-right max-sm:hidden">{process}</td>
    </tr>
  );
}

function Problem({ code, message }: { code: string; message: string }) {
  return (
    <p className="mt-0.5 flex gap-1.5 whitespace-normal text-12 text-bad">
      <Icon name="failed" className="mt-px size-3.5" />
      <span className="[overflow-wrap:anywhere]">
        <code className="text-11">{code}</code>: {message}
      </span>
    </p>
  );
}

/** Either the batch API is not available, or its price is unknown. */
function noBatch({ estimate }: Queue): string {
  return estimate?.executor === 'realtime' ? messages.noBatch : shared.unknown;
}

function Price({
  range,
  none,
  strong = false,
}: {
  range: { low: number; high: number } | null;
  none: string;
  strong?: boolean;
}) {
  if (range === null) return <span className="text-ink-3">{none}</span>;
  return <span className={strong ? 'font-semibold' : ''}>{formatRange(range.low, range.high)}</span>;
}
