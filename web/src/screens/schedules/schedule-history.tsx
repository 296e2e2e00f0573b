import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { formatExact, formatMoney, formatWhen } from '../../data/format.ts';
import { type ScheduleRun, useScheduleRuns } from '../../data/schedules.ts';
import { Button } from '../../ui/button.tsx';
import { Chip, Chips } from '../../ui/chip.tsx';
import { Section } from '../../ui/section.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { StatusMark } from '../../ui/status-mark.tsx';
import { Table } from '../../ui/table.tsx';
import { Wide } from '../../ui/wide.tsx';
import { messages } from './messages.ts';
import { batchOutcome, runCost, runOutcome } from './run-outcome.ts';

const { history: words } = messages;

/** The runs of a schedule, with links to the batches that each started. */
export function ScheduleHistory({ name }: { name: string }) {
  const { state } = useSearch({ from: '/schedules/$name' });
  const navigate = useNavigate({ from: '/schedules/$name' });
  const query = useScheduleRuns(name, state);
  const runs = query.data?.pages.flatMap(({ items }) => items);
  const show = (chosen: 'succeeded' | 'failed' | undefined) =>
    void navigate({ search: (old) => ({ ...old, state: chosen }) });
  return (
    <Section
      title={words.title}
      actions={
        <Chips label={words.states.label}>
          {([undefined, 'succeeded', 'failed'] as const).map((one) => (
            <Chip key={one ?? 'all'} pressed={state === one} onPress={() => show(one)}>
              {words.states[one ?? 'all']}
            </Chip>
          ))}
        </Chips>
      }
    >
      {runs === undefined && query.error !== null && (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      )}
      {runs === undefined && query.error === null && <Loading rows={4} />}
      {runs?.length === 0 && <p className="px-4 text-ink-3">{state === undefined ? words.none : words.noneSuch}</p>}
      {runs !== undefined && runs.length > 0 && <RunTable runs={runs} />}
      {query.hasNextPage && (
        <div className="flex items-center gap-3 px-4 pt-3">
          <Button label={words.more} disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()} />
          <span className="text-12 text-ink-3">{words.kept}</span>
        </div>
      )}
    </Section>
  );
}

function RunTable({ runs }: { runs: readonly ScheduleRun[] }) {
  const { columns } = words;
  return (
    <Wide label={words.title}>
      <Table
        className="min-w-180 [&_td]:py-1.5 [&_td]:align-top"
        columns={[
          { label: columns.started },
          { label: columns.why },
          { label: columns.state },
          { label: columns.batches, className: 'w-full' },
          { label: columns.cost, num: true },
        ]}
      >
        {runs.map((run) => (
          <RunLine key={run.run_id} run={run} />
        ))}
      </Table>
    </Wide>
  );
}

function RunLine({ run }: { run: ScheduleRun }) {
  const cost = runCost(run);
  return (
    <tr>
      <td title={formatExact(run.started_at)}>{formatWhen(run.started_at)}</td>
      <td className="text-ink-2">{words.causes[run.cause]}</td>
      <td>
        <StatusMark {...runOutcome(run)} />
      </td>
      <td className="whitespace-normal!">
        {run.batches.map((batch) => (
          <div key={batch.batch_id} className="flex flex-wrap items-center gap-x-3">
            {batch.status === null ? (
              <span className="text-ink-3">{batch.batch_id}</span>
            ) : (
              <Link to="/batches/$id/rows" params={{ id: batch.batch_id }}>
                {batch.agent ?? batch.batch_id}
              </Link>
            )}
            {batch.rows !== null && <span className="text-ink-2 tabular-nums">{words.rows(batch.rows)}</span>}
            {run.batches.length > 1 && <StatusMark {...batchOutcome(batch)} plain />}
          </div>
        ))}
        {run.error !== null && (
          <div className="text-12 [overflow-wrap:anywhere]">
            <code className="text-11 text-bad">{run.error.code}</code>{' '}
            <span className="text-ink-2">{run.error.message}</span>
          </div>
        )}
      </td>
      <td className={`num ${cost === undefined ? 'text-ink-3' : 'font-medium'}`}>
        {cost === undefined ? '–' : formatMoney(cost)}
      </td>
    </tr>
  );
}
