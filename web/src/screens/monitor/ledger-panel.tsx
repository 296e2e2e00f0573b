import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Fragment, useEffect, useEffectEvent, useRef } from 'react';
import { useKeys } from '../../app/keys.ts';
import type { Schemas } from '../../data/api.ts';
import { formatCount, formatMoney, formatWhen } from '../../data/format.ts';
import { type LedgerPeriod, usePeriodReport } from '../../data/monitor.ts';
import { useMonth } from '../../data/month.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorState, Loading, Stale } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { LedgerCalls } from './ledger-calls.tsx';
import { messages } from './messages.ts';

const { ledger: words } = messages;

/** The batches, and the calls of each, that a number of the monitor is the sum of. Escape closes it. */
export function LedgerPanel({ period, onClose }: { period: LedgerPeriod; onClose: () => void }) {
  const { basis } = useSearch({ from: '/monitor' });
  const query = usePeriodReport(period);
  const { data: report } = query;
  const heading = useRef<HTMLHeadingElement>(null);
  useKeys([{ key: 'Escape', does: words.close, run: onClose }]);
  const arrive = useEffectEvent(() => heading.current?.focus());
  useEffect(() => arrive(), []);
  const lines = report?.batches.filter(({ calls }) => calls > 0) ?? [];
  return (
    <aside
      aria-label={words.label}
      className="flex w-120 flex-none flex-col border-line border-l max-lg:w-110 max-sm:w-full max-sm:border-l-0"
    >
      <div className="flex flex-none items-center gap-2 border-line border-b px-4 py-1.5">
        <h2 ref={heading} tabIndex={-1} className="cut min-w-0 font-semibold text-15 outline-none">
          {words.title(periodWords(period))}
        </h2>
        <span className="ml-auto flex items-center gap-2">
          <Stale query={query} />
          <Button kind="ghost" icon="close" iconOnly label={words.close} onClick={onClose} />
        </span>
      </div>
      <div className="min-h-0 flex-1 overflow-auto">
        {basis === 'year' && <YearBasis />}
        {report === undefined && query.error !== null && (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        )}
        {report === undefined && query.error === null && <Loading rows={6} />}
        {report !== undefined && lines.length === 0 && <p className="p-4 text-ink-2">{words.none}</p>}
        {report !== undefined && lines.length > 0 && <Batches lines={lines} totals={report.totals} period={period} />}
      </div>
    </aside>
  );
}

type Line = Schemas['ServiceReport']['batches'][number];

interface BatchesProps {
  lines: readonly Line[];
  totals: Schemas['ServiceReport']['totals'];
  period: LedgerPeriod;
}

/** The name of the calls outside of batches in the address. */
const OUTSIDE = 'outside';

function Batches({ lines, totals, period }: BatchesProps) {
  const { of: open } = useSearch({ from: '/monitor' });
  const navigate = useNavigate({ from: '/monitor' });
  const { columns } = words;
  const toggle = (of: string) =>
    void navigate({ search: (old) => ({ ...old, of: open === of ? undefined : of }), replace: true });
  return (
    <>
      <Table
        columns={[
          { label: columns.batch, width: '' },
          { label: columns.calls, width: 'w-18', num: true },
          { label: columns.cost, width: 'w-24', num: true },
          { label: columns.saved, width: 'w-24', num: true },
        ]}
      >
        {lines.map(({ name, calls, cost_usd: cost, saved_usd: saved }) => {
          const of = name === '' ? OUTSIDE : name;
          return (
            <tr key={of} aria-selected={open === of}>
              <td>
                <button
                  type="button"
                  aria-expanded={open === of}
                  aria-label={titleOf(of)}
                  title={name === '' ? words.outsideNote : undefined}
                  onClick={() => toggle(of)}
                  className="cut block max-w-full text-accent hover:underline"
                >
                  {name === '' ? words.outside : <code className="text-12">{name}</code>}
                </button>
              </td>
              <td className="num">{formatCount(calls)}</td>
              <td className="num">{formatMoney(cost, 4)}</td>
              <td className="num">{formatMoney(saved, 4)}</td>
            </tr>
          );
        })}
        <tr className="font-semibold">
          <td>{words.total}</td>
          <td className="num">{formatCount(totals.calls)}</td>
          <td className="num">{formatMoney(totals.cost_usd, 4)}</td>
          <td className="num">{formatMoney(totals.saved_usd, 4)}</td>
        </tr>
      </Table>
      {open !== undefined && (
        <section aria-label={titleOf(open)} className="border-line border-t">
          <div className="flex items-center gap-3 px-4 py-2">
            <h3 className="cut min-w-0">{titleOf(open)}</h3>
            {open !== OUTSIDE && (
              <Link to="/batches/$id/rows" params={{ id: open }} className="ml-auto flex-none text-12">
                {words.rows}
              </Link>
            )}
          </div>
          <LedgerCalls key={open} batch={open === OUTSIDE ? undefined : open} period={period} />
        </section>
      )}
    </>
  );
}

/** How the projected year comes from what was saved this month. */
function YearBasis() {
  const { data: month } = useMonth();
  const { basis } = messages;
  if (month?.projection == null) return null;
  const { days, saved_usd_per_year: year } = month.projection;
  const facts: [string, string][] = [
    [basis.saved, formatMoney(month.totals.saved_usd, 4)],
    [basis.days, days.toFixed(1)],
    [basis.day, formatMoney(month.totals.saved_usd / days, 4)],
    [basis.year, formatMoney(year)],
  ];
  return (
    <section aria-label={basis.label} className="grid gap-1 border-line border-b px-4 py-3">
      <h3>{basis.label}</h3>
      <dl className="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1">
        {facts.map(([name, value]) => (
          <Fragment key={name}>
            <dt className="text-ink-2">{name}</dt>
            <dd className="text-right tabular-nums">{value}</dd>
          </Fragment>
        ))}
      </dl>
      <p className="text-12 text-ink-3">{basis.note}</p>
    </section>
  );
}

function titleOf(of: string): string {
  return of === OUTSIDE ? words.outsideOf : words.show(of);
}

function periodWords({ from, to }: LedgerPeriod): string {
  if (to === undefined) return words.until(formatWhen(from));
  return `${formatWhen(from)} – ${formatWhen(to)}`;
}
