import { Link } from '@tanstack/react-router';
import { batchMoney } from '../../data/batch-state.ts';
import { type BatchReport, useBatches } from '../../data/batches.ts';
import { formatMoney, formatRange, formatShare } from '../../data/format.ts';
import { useMonth } from '../../data/month.ts';
import { thisMonth } from '../../data/period.ts';
import { useSettings } from '../../data/settings.ts';
import { Figure, Small } from '../../ui/figure.tsx';
import { messages } from './messages.ts';

const monthName = new Intl.DateTimeFormat('en-GB', { month: 'long' });

const ACTIVE: BatchReport['status'][] = ['created', 'validating', 'loading', 'running', 'aggregating'];
const MOST = 200;

/** What this month has cost and saved, what running batches will add, and what waits for a person, whatever the list is filtered by. */
export function MoneyStrip() {
  const month = monthName.format(new Date());
  const { data: savings } = useMonth();
  const { data: settings } = useSettings();
  const { data: open } = useBatches({ status: [...ACTIVE, 'paused'] }, MOST);
  const cap = settings?.limits.max_usd_per_day ?? null;
  const paused = open?.items.filter(({ status }) => status === 'paused') ?? [];
  const active = open?.items.filter(({ status }) => status !== 'paused') ?? [];
  return (
    <section
      aria-label={messages.money(month)}
      className="grid flex-none grid-cols-4 border-line border-b max-sm:grid-cols-2"
    >
      <Figure
        label={messages.spent(month)}
        wide
        note={cap === null ? messages.noCapOfDay : messages.capOfDay(formatMoney(cap))}
      >
        {savings !== undefined && (
          <Link to="/monitor" search={{ ledger: thisMonth() }} title={messages.opens} className="text-ink">
            {formatMoney(savings.totals.cost_usd)}
          </Link>
        )}
      </Figure>
      <Figure label={messages.adds} note={active.length === 0 ? '' : messages.noCapPassed}>
        {open === undefined ? '' : <Added batches={active} />}
      </Figure>
      <Figure
        label={messages.saved(month)}
        note={
          savings === undefined || savings.totals.saved_usd <= 0
            ? messages.savedNothing
            : messages.savedBy(formatMoney(savings.totals.batch_api_usd), formatMoney(savings.totals.cache_usd))
        }
      >
        {savings !== undefined && (
          <>
            <Link
              to="/monitor"
              search={{ ledger: thisMonth() }}
              title={messages.opens}
              className={savings.totals.saved_usd > 0 ? 'text-ok' : 'text-ink'}
            >
              {formatMoney(savings.totals.saved_usd)}
            </Link>
            {savings.saved_share !== null && savings.saved_share > 0 && (
              <Small>{formatShare(savings.saved_share)}</Small>
            )}
          </>
        )}
      </Figure>
      <Figure
        label={messages.waits}
        wide
        note={
          paused.length === 0 ? (
            ''
          ) : (
            <Link to="/batches" search={{ state: 'needs-you' }}>
              {messages.show}
            </Link>
          )
        }
      >
        {open === undefined ? '' : paused.length === 0 ? messages.waitsNothing : messages.batches(paused.length)}
      </Figure>
    </section>
  );
}

function Added({ batches }: { batches: readonly BatchReport[] }) {
  if (batches.length === 0) return messages.addsNothing;
  const money = batches.map(batchMoney);
  const sum = (pick: 'low' | 'high') =>
    money.reduce((total, { end, spent }) => total + (end?.[pick] ?? 0) - (end ? (spent ?? 0) : 0), 0);
  const isKnown = money.some(({ end }) => end !== null);
  return (
    <>
      {isKnown ? formatRange(sum('low'), sum('high')) : messages.addsUnknown}
      <Small>
        <Link to="/batches" search={{ state: 'running' }}>
          {messages.batches(batches.length)}
        </Link>
      </Small>
    </>
  );
}
