import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useDashboard } from '../../data/dashboard.ts';
import { formatMoney, formatShare } from '../../data/format.ts';
import { useMonth } from '../../data/month.ts';
import { thisMonth, today } from '../../data/period.ts';
import { useToday } from '../../data/today.ts';
import { Figure, Small } from '../../ui/figure.tsx';
import { MoneyBar } from '../../ui/money.tsx';
import { StatusMark } from '../../ui/status-mark.tsx';
import { messages } from './messages.ts';

const monthName = new Intl.DateTimeFormat('en-GB', { month: 'long' });

/** What today and this month have cost and saved, what a year would save, and whether something is wrong. */
export function MoneyStrip() {
  const { spent, saved, cap } = useToday();
  const { data: month } = useMonth();
  const { data: dashboard } = useDashboard();
  const name = monthName.format(new Date());
  const open = dashboard?.alerts.length;
  const standard = (spent ?? 0) + (saved ?? 0);
  return (
    <section aria-label={messages.money} className="grid flex-none grid-cols-5 border-line border-b max-sm:grid-cols-2">
      <Figure
        label={messages.spentToday}
        wide
        note={cap === null ? messages.noCap : <MoneyBar spent={spent ?? null} cap={cap} />}
      >
        {spent !== undefined && (
          <>
            <Opens period={today()} what={messages.spentToday}>
              {formatMoney(spent)}
            </Opens>
            {cap !== null && <Small>{messages.ofCap(formatMoney(cap))}</Small>}
          </>
        )}
      </Figure>
      <Figure
        label={messages.savedToday}
        note={
          standard > 0 && (saved ?? 0) > 0
            ? messages.share(formatShare((saved ?? 0) / standard))
            : messages.nothingSaved
        }
      >
        {saved !== undefined && (
          <Opens period={today()} what={messages.savedToday} isSaved={saved > 0}>
            {formatMoney(saved)}
          </Opens>
        )}
      </Figure>
      <Figure
        label={messages.savedMonth(name)}
        note={
          month === undefined
            ? ''
            : messages.parts(formatMoney(month.totals.batch_api_usd), formatMoney(month.totals.cache_usd))
        }
      >
        {month !== undefined && (
          <Opens period={thisMonth()} what={messages.savedMonth(name)} isSaved={month.totals.saved_usd > 0}>
            {formatMoney(month.totals.saved_usd)}
          </Opens>
        )}
      </Figure>
      <Figure
        label={messages.year}
        wide
        note={month?.projection == null ? messages.yearNone : messages.yearNote(Math.round(month.projection.days))}
      >
        {month?.projection === null && '–'}
        {month?.projection != null && (
          <Opens period={thisMonth()} basis="year" what={messages.year}>
            {formatMoney(month.projection.saved_usd_per_year)}
          </Opens>
        )}
      </Figure>
      <Figure
        label={messages.alerts}
        wide
        note={open === undefined || open === 0 ? '' : <Link to="/alerts">{dashboard?.alerts[0]?.message}</Link>}
      >
        {open !== undefined && (
          <Link to="/alerts" className="text-ink">
            <StatusMark
              status={open === 0 ? 'succeeded' : 'needs-you'}
              word={open === 0 ? messages.quiet : messages.open(open)}
            />
          </Link>
        )}
      </Figure>
    </section>
  );
}

interface OpensProps {
  period: string;
  /** What is shown above the calls: how the figure comes from their sum. */
  basis?: 'year';
  what: string;
  isSaved?: boolean;
  children: ReactNode;
}

/** A figure that opens the calls that it is the sum of. */
function Opens({ period, basis, what, isSaved = false, children }: OpensProps) {
  return (
    <Link
      from="/monitor"
      to="/monitor"
      search={(old) => ({ ...old, ledger: period, of: undefined, basis })}
      title={messages.opens(what)}
      className={isSaved ? 'text-ok' : 'text-ink'}
    >
      {children}
    </Link>
  );
}
