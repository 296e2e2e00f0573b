import { Link } from '@tanstack/react-router';
import { batchMoney, batchState, isAtProvider, rowsAtProvider, timesAtProvider } from '../../data/batch-state.ts';
import type { BatchReport } from '../../data/batches.ts';
import {
  formatCount,
  formatDuration,
  formatExact,
  formatMoney,
  formatRange,
  formatSeconds,
  formatShare,
  formatWhen,
} from '../../data/format.ts';
import { useTableName } from '../../data/uploads.ts';
import { MoneyBar } from '../../ui/money.tsx';
import { moveFocus } from '../../ui/move-focus.ts';
import { Progress } from '../../ui/progress.tsx';
import { StatusMark } from '../../ui/status-mark.tsx';
import { Table } from '../../ui/table.tsx';
import { messages } from './messages.ts';

/** One line for each batch. Arrows move between them, Enter opens one. */
export function BatchTable({ batches }: { batches: BatchReport[] }) {
  const { columns } = messages;
  return (
    <Table
      onKeyDown={moveFocus}
      columns={[
        { label: columns.batch, width: '' },
        { label: columns.state, width: 'w-38 max-sm:hidden', className: 'max-sm:hidden' },
        { label: columns.rows, width: 'w-54 max-sm:hidden', className: 'max-sm:hidden' },
        { label: columns.failed, num: true, width: 'w-20 max-sm:hidden', className: 'max-sm:hidden' },
        { label: columns.spent, num: true, width: 'w-40', className: 'max-lg:pr-4!' },
        { label: columns.time, width: 'w-46 max-lg:hidden', className: 'pl-6! max-lg:hidden' },
      ]}
    >
      {batches.map((batch) => (
        <BatchLine key={batch.batch_id} batch={batch} />
      ))}
    </Table>
  );
}

function BatchLine({ batch }: { batch: BatchReport }) {
  const { counts } = batch;
  const sourceName = useTableName(batch.source_uri);
  const state = batchState(batch);
  const agent = batch.agent.replace(/@[^@]*$/, '');
  return (
    <tr className="relative [&>td]:h-12 [&>td]:pt-1.25! [&>td]:align-top max-sm:[&>td]:h-14">
      <td>
        <Link
          to="/batches/$id/rows"
          params={{ id: batch.batch_id }}
          data-line
          className="cut block font-medium text-ink after:absolute after:inset-0 hover:no-underline"
        >
          {batch.name ?? sourceName}
        </Link>
        <div className="cut text-12 text-ink-3">
          {[batch.name === null ? batch.batch_id : sourceName, agent].join(' · ')}
          {batch.stand_in !== null && ` · ${messages.standIn}`}
        </div>
      </td>
      <td className="max-sm:hidden">
        <StatusMark {...state} />
      </td>
      <td className="max-sm:hidden">
        <div className="flex h-5 items-center gap-2">
          <div className="grow">
            <Progress {...counts} atProvider={rowsAtProvider(batch)} />
          </div>
          <span className="w-12 text-right tabular-nums">{shareOf(batch)}</span>
        </div>
        <div className="cut text-12 text-ink-3 tabular-nums">{countText(batch)}</div>
      </td>
      <td className={`num max-sm:hidden ${counts.failed === 0 ? 'text-ink-3' : ''}`}>{formatCount(counts.failed)}</td>
      <td className="num max-lg:pr-4!">
        <div className="mb-0.5 sm:hidden">
          <StatusMark {...state} />
        </div>
        <Spent batch={batch} />
      </td>
      <td className="pl-6! max-lg:hidden">
        <div className="cut">{timeText(batch)}</div>
        <div className="text-12 text-ink-3" title={formatExact(batch.created_at)}>
          {formatWhen(batch.started_at ?? batch.created_at)}
        </div>
      </td>
    </tr>
  );
}

function Spent({ batch }: { batch: BatchReport }) {
  const { spent, inFlight, end, cap } = batchMoney(batch);
  return (
    <>
      <span className="font-semibold">{formatMoney(spent)}</span>{' '}
      <span className="text-12 text-ink-3">
        {end !== null && `→ ${formatRange(end.low, end.high)}`}
        {end === null && cap !== null && messages.of(formatMoney(cap))}
      </span>
      <div className="mt-0.5 h-3.5 max-sm:hidden">
        {(cap !== null || end !== null) && <MoneyBar spent={spent} inFlight={inFlight} end={end} cap={cap} />}
      </div>
    </>
  );
}

function shareOf({ counts }: BatchReport): string {
  if (counts.total === null || counts.total === 0) return '';
  return formatShare((counts.succeeded + counts.failed) / counts.total);
}

function countText({ counts, status }: BatchReport): string {
  const done = counts.succeeded + counts.failed;
  if (counts.total === null) return `${formatCount(done)} ${messages.ofUnknown}`;
  if (status === 'completed' && done === counts.total) return formatCount(counts.total);
  return `${formatCount(done)} ${messages.of(formatCount(counts.total))}`;
}

function timeText(batch: BatchReport): string {
  const { status, started_at: started, ended_at: ended, eta_seconds: eta } = batch;
  if (ended !== null && started !== null) {
    const seconds = (Date.parse(ended) - Date.parse(started)) / 1000;
    return status === 'completed' ? formatSeconds(seconds) : messages.endedAfter(formatSeconds(seconds));
  }
  if (status === 'paused') return pausedText(batch);
  if (isAtProvider(batch)) {
    const { deadline } = timesAtProvider(batch);
    return deadline === undefined ? '' : messages.atLatest(formatWhen(deadline));
  }
  if (status !== 'running') return '';
  return eta === null ? messages.estimating : messages.left(formatDuration(eta));
}

function pausedText({ pause_reason: reason, error }: BatchReport): string {
  if (reason === null || reason === 'fatal') return error?.code ?? '';
  return messages.paused[reason];
}
