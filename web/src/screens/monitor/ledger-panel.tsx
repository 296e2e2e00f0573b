import { Link } from '@tanstack/react-router';
import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { useKeys } from '../../app/keys.ts';
import type { Schemas } from '../../data/api.ts';
import { formatCount, formatMoney, formatWhen } from '../../data/format.ts';
import { type LedgerPeriod, usePeriodReport } from '../../data/monitor.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorState, Loading, Stale } from '../../ui/states.tsx';
import { LedgerCalls } from './ledger-calls.tsx';
import { messages } from './messages.ts';

const { ledger: words } = messages;

/** The batches, and the calls of each, that a number of the monitor is the sum of. Escape closes it. */
export function LedgerPanel({ period, onClose }: { period: LedgerPeriod; onClose: () => void }) {
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

function Batches({ lines, totals, period }: BatchesProps) {
  const [open, setOpen] = useState<string>();
  const { columns } = words;
  return (
    <>
      <table className="table-lines table-fixed">
        <colgroup>
          <col />
          <col className="w-18" />
          <col className="w-24" />
          <col className="w-24" />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{columns.batch}</th>
            <th scope="col" className="num">
              {columns.calls}
            </th>
            <th scope="col" className="num">
              {columns.cost}
            </th>
            <th scope="col" className="num">
              {columns.saved}
            </th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.name} aria-selected={open === line.name}>
              <td>
                {line.name === '' ? (
                  <span title={words.outsideNote}>{words.outside}</span>
                ) : (
                  <button
                    type="button"
                    aria-expanded={open === line.name}
                    aria-label={words.show(line.name)}
                    onClick={() => setOpen(open === line.name ? undefined : line.name)}
                    className="cut block max-w-full text-accent hover:underline"
                  >
                    <code className="text-12">{line.name}</code>
                  </button>
                )}
              </td>
              <td className="num">{formatCount(line.calls)}</td>
              <td className="num">{formatMoney(line.cost_usd, 4)}</td>
              <td className="num">{formatMoney(line.saved_usd, 4)}</td>
            </tr>
          ))}
          <tr className="font-semibold">
            <td>{words.total}</td>
            <td className="num">{formatCount(totals.calls)}</td>
            <td className="num">{formatMoney(totals.cost_usd, 4)}</td>
            <td className="num">{formatMoney(totals.saved_usd, 4)}</td>
          </tr>
        </tbody>
      </table>
      {open !== undefined && (
        <section aria-label={words.show(open)} className="border-line border-t">
          <div className="flex items-center gap-3 px-4 py-2">
            <h3 className="cut min-w-0">{words.show(open)}</h3>
            <Link to="/batches/$id/rows" params={{ id: open }} className="ml-auto flex-none text-12">
              {words.rows}
            </Link>
          </div>
          <LedgerCalls key={open} batch={open} period={period} />
        </section>
      )}
    </>
  );
}

function periodWords({ from, to }: LedgerPeriod): string {
  if (to === undefined) return words.until(formatWhen(from));
  return `${formatWhen(from)} – ${formatWhen(to)}`;
}
