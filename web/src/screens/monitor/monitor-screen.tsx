import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { Screen } from '../../app/screen.tsx';
import { useDashboard } from '../../data/dashboard.ts';
import { RANGES, type Range, type Series, useSeries } from '../../data/monitor.ts';
import { periodText } from '../../data/period.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Chip, Chips } from '../../ui/chip.tsx';
import { EmptyState, ErrorState, Loading, Stale } from '../../ui/states.tsx';
import { CHARTS, type ChartName, chartsOf, type WaitingNow } from './charts.ts';
import { LedgerPanel } from './ledger-panel.tsx';
import { messages } from './messages.ts';
import { MoneyStrip } from './money-strip.tsx';
import { NowTables } from './now-tables.tsx';
import { ReportLinks } from './report-links.tsx';
import { SeriesChart } from './series-chart.tsx';
import { isByDay, readPeriod, timesOf } from './times-text.ts';

const FIRST: Range = '24h';

/** How fast, how well and for how much the server has worked, and what it does now. */
export function MonitorScreen() {
  const { range = FIRST, ledger } = useSearch({ from: '/monitor' });
  const navigate = useNavigate({ from: '/monitor' });
  const query = useSeries(range);
  const { data: dashboard } = useDashboard();
  const { data: series } = query;
  const period = ledger === undefined ? undefined : readPeriod(ledger);
  const isIdle = dashboard === undefined || (dashboard.batches.length === 0 && dashboard.queues.length === 0);
  const isEmpty = series !== undefined && isNothing(series) && isIdle;
  return (
    <Screen
      title={messages.title}
      actions={
        <>
          <Stale query={query} />
          <Chips label={messages.range.label}>
            {(Object.keys(RANGES) as Range[]).map((one) => (
              <Chip
                key={one}
                pressed={range === one}
                onPress={() => void navigate({ search: (old) => ({ ...old, range: one === FIRST ? undefined : one }) })}
              >
                {messages.range[one]}
              </Chip>
            ))}
          </Chips>
          <ReportLinks range={range} />
        </>
      }
    >
      <div className="flex min-h-0 flex-1">
        <div
          className={`@container/page min-h-0 min-w-0 flex-1 overflow-auto ${period === undefined ? '' : 'max-sm:hidden'}`}
        >
          <MoneyStrip />
          {series === undefined && query.error !== null && (
            <ErrorState error={query.error} onRetry={() => void query.refetch()} />
          )}
          {series === undefined && query.error === null && <Loading rows={12} />}
          {isEmpty && (
            <EmptyState
              title={messages.empty.title}
              action={
                <Link to="/new" className={buttonClass({ kind: 'primary', size: 'large' })}>
                  {messages.empty.action}
                </Link>
              }
            >
              {messages.empty.text}
            </EmptyState>
          )}
          {series !== undefined && !isEmpty && <Charts series={series} range={range} />}
          {dashboard !== undefined && !isEmpty && <NowTables dashboard={dashboard} />}
        </div>
        {period !== undefined && (
          <LedgerPanel
            key={ledger}
            period={period}
            onClose={() =>
              void navigate({ search: (old) => ({ ...old, ledger: undefined, of: undefined, basis: undefined }) })
            }
          />
        )}
      </div>
    </Screen>
  );
}

function Charts({ series, range }: { series: Series; range: Range }) {
  const { tables = [] } = useSearch({ from: '/monitor' });
  const navigate = useNavigate({ from: '/monitor' });
  const [pointed, setPointed] = useState<number>();
  const charts = chartsOf(series, useWaitingNow());
  const times = timesOf(series, range);
  const ledgerOf = (step: number) => {
    const at = series.points[step]?.at ?? series.from;
    return periodText(at, at + series.stepMs);
  };
  const show = (name: ChartName, isTable: boolean) =>
    void navigate({
      search: (old) => {
        const others = (old.tables ?? []).filter((one) => one !== name);
        const next = isTable ? [...others, name] : others;
        return { ...old, tables: next.length === 0 ? undefined : next };
      },
    });
  return (
    <>
      <div className="grid grid-cols-3 max-lg:grid-cols-2 max-sm:grid-cols-1">
        {CHARTS.map((name) => (
          <SeriesChart
            key={name}
            chart={charts[name]}
            isTable={tables.includes(name)}
            onTable={(isTable) => show(name, isTable)}
            times={times}
            timeHead={isByDay(range) ? messages.day : messages.time}
            ledgerOf={ledgerOf}
            pointed={pointed}
            onPoint={setPointed}
            opens={
              name === 'queue'
                ? undefined
                : name === 'throughput'
                  ? ledgerOf(series.points.length - 1)
                  : periodText(series.from)
            }
            onOpen={(step) =>
              void navigate({ search: (old) => ({ ...old, ledger: ledgerOf(step), of: undefined, basis: undefined }) })
            }
          />
        ))}
      </div>
      {isByDay(range) && <p className="border-line border-b px-4 py-1.5 text-12 text-ink-3">{messages.utc}</p>}
    </>
  );
}

function useWaitingNow(): WaitingNow {
  const { data } = useDashboard();
  const queues = data?.queues ?? [];
  const ages = queues.flatMap(({ oldest_at: at }) => (at === null ? [] : [(Date.now() - Date.parse(at)) / 1000]));
  const rows = data?.batches.reduce((sum, { queued }) => sum + queued, 0) ?? 0;
  return {
    waiting: rows + queues.reduce((sum, { waiting }) => sum + waiting, 0),
    oldest: ages.length === 0 ? null : Math.max(...ages),
    queues: queues.length,
  };
}

function isNothing({ totals }: Series): boolean {
  return totals.calls === 0 && totals.rows_succeeded + totals.rows_failed === 0;
}
