import { Link, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { batchMoney, isAtProvider, rowsAtProvider, timesAtProvider } from '../../data/batch-state.ts';
import type { BatchReport } from '../../data/batches.ts';
import {
  formatBrief,
  formatCount,
  formatDuration,
  formatMoney,
  formatRange,
  formatRate,
  formatSeconds,
  formatShare,
} from '../../data/format.ts';
import { hasEnded } from '../../data/live/messages.ts';
import { dayOf } from '../../data/period.ts';
import { shared } from '../../messages/shared.ts';
import { Figure, Small } from '../../ui/figure.tsx';
import { MoneyBar } from '../../ui/money.tsx';
import { Note } from '../../ui/note.tsx';
import { Progress } from '../../ui/progress.tsx';
import { messages } from './messages.ts';

const CapDialog = lazy(() => import('./cap-dialog.tsx').then((found) => ({ default: found.CapDialog })));

/** How far the batch is, how fast, and its money. The text has every figure of the bars. */
export function BatchHeader({ batch }: { batch: BatchReport }) {
  // On a narrow screen a row is a screen of its own.
  const { row } = useSearch({ strict: false });
  return (
    <>
      <section
        aria-label={messages.figures}
        className={`flex flex-none border-line border-b max-sm:grid-cols-2 ${row === undefined ? 'max-sm:grid' : 'max-sm:hidden'}`}
      >
        <Done batch={batch} />
        <Times batch={batch} />
        <Spent batch={batch} />
        <Saved batch={batch} />
      </section>
      {batch.error !== null && (
        <div role="alert" className="flex-none px-4 py-2">
          <Note kind={batch.status === 'failed' || batch.pause_reason === 'fatal' ? 'bad' : 'warn'}>
            {batch.error.message} <code>{batch.error.code}</code>
          </Note>
        </div>
      )}
    </>
  );
}

function Done({ batch }: { batch: BatchReport }) {
  const { total, succeeded, failed } = batch.counts;
  const done = succeeded + failed;
  const bar = <Progress {...batch.counts} atProvider={rowsAtProvider(batch)} />;
  return (
    <Figure label={messages.done} wide note={<div className="pt-1.5">{bar}</div>}>
      {total === null ? formatCount(done) : total === 0 ? '' : formatShare(done / total)}
      <Small>{total === null ? messages.rowsSoFar : messages.of(done, total)}</Small>
    </Figure>
  );
}

/** The rate and the time left, since when it is at the provider, or how long it took. */
function Times({ batch }: { batch: BatchReport }) {
  const { status, rows_per_second: rate, eta_seconds: left, started_at: started, ended_at: ended } = batch;
  if (ended !== null && started !== null) {
    const seconds = (Date.parse(ended) - Date.parse(started)) / 1_000;
    return (
      <Figure label={messages.took} wide note={messages.endedAt(formatBrief(ended))}>
        {formatSeconds(seconds)}
      </Figure>
    );
  }
  if (isAtProvider(batch)) {
    const { since, deadline } = timesAtProvider(batch);
    return (
      <>
        <Figure label={shared.status.atProvider} note={messages.waiting(rowsAtProvider(batch))}>
          {since === undefined ? '' : messages.since(formatBrief(since))}
        </Figure>
        <Figure label={messages.doneBy} note={deadline === undefined ? '' : messages.atLatest}>
          {deadline === undefined ? shared.unknown : formatBrief(deadline)}
        </Figure>
      </>
    );
  }
  if (status !== 'running') return null;
  return (
    <>
      <Figure label={messages.rate} note={messages.atOnce(batch.options.concurrency)}>
        {rate !== null && (
          <>
            {formatRate(rate)} <Small>{messages.perSecond}</Small>
          </>
        )}
      </Figure>
      <Figure label={messages.left} note={left === null ? '' : messages.doneAt(formatBrief(Date.now() + left * 1_000))}>
        {left === null ? messages.measuring : formatDuration(left)}
      </Figure>
    </>
  );
}

function Spent({ batch }: { batch: BatchReport }) {
  const [changesCap, setChangesCap] = useState(false);
  const money = batchMoney(batch);
  const cap = money.cap === null ? messages.noCap : messages.cap(formatMoney(money.cap));
  return (
    <Figure
      label={messages.spent}
      wide
      aside={
        hasEnded(batch) ? (
          cap
        ) : (
          <>
            {cap}{' '}
            <button type="button" className="text-accent hover:underline" onClick={() => setChangesCap(true)}>
              {messages.capChange}
            </button>
          </>
        )
      }
      note={<MoneyBar {...money} />}
    >
      <Link
        to="/monitor"
        search={{ ledger: dayOf(batch.created_at), of: batch.batch_id }}
        title={messages.opensCalls}
        className="text-ink"
      >
        {formatMoney(money.spent)}
      </Link>
      {money.inFlight > 0 && (
        <span className="max-lg:hidden">
          <Small>{messages.inFlight(formatMoney(money.inFlight))}</Small>
        </span>
      )}
      {money.end !== null && <Small>{messages.endsAt(formatRange(money.end.low, money.end.high))}</Small>}
      <Suspense>{changesCap && <CapDialog batch={batch} onClose={() => setChangesCap(false)} />}</Suspense>
    </Figure>
  );
}

/** What the cache and batch APIs saved, once they did. */
function Saved({ batch: { saved_usd: cache, discount_usd: discount } }: { batch: BatchReport }) {
  const parts = [
    { usd: cache ?? 0, text: messages.savedByCache },
    { usd: discount ?? 0, text: messages.savedByBatchApi },
  ].filter(({ usd }) => usd > 0);
  if (parts.length === 0) return null;
  return (
    <Figure
      label={messages.saved}
      note={
        parts.length === 1 ? parts[0]?.text : parts.map(({ usd, text }) => `${text} ${formatMoney(usd)}`).join(' · ')
      }
    >
      <span className="text-ok">{formatMoney(parts.reduce((sum, { usd }) => sum + usd, 0))}</span>
    </Figure>
  );
}
