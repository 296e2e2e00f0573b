import { Link } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { batchMoney, rowsAtProvider } from '../../data/batch-state.ts';
import type { BatchReport } from '../../data/batches.ts';
import { formatDuration, formatMoney, formatRange } from '../../data/format.ts';
import { hasEnded } from '../../data/live/messages.ts';
import { dayOf } from '../../data/period.ts';
import { MoneyBar } from '../../ui/money.tsx';
import { Note } from '../../ui/note.tsx';
import { Progress } from '../../ui/progress.tsx';
import { messages } from './messages.ts';

const CapDialog = lazy(() => import('./cap-dialog.tsx').then((found) => ({ default: found.CapDialog })));

/** How far the batch is, and its money. The text has every figure of the bars. */
export function BatchHeader({ batch }: { batch: BatchReport }) {
  const [changesCap, setChangesCap] = useState(false);
  const { counts, rows_per_second: rate, eta_seconds: left } = batch;
  const money = batchMoney(batch);
  const facts = [
    messages.of(counts.succeeded + counts.failed, counts.total),
    ...(rate !== null && batch.status === 'running'
      ? [messages.rate(rate < 10 ? rate.toFixed(1) : String(Math.round(rate)))]
      : []),
    ...(left !== null ? [messages.left(formatDuration(left))] : []),
  ];
  const costs = [
    ...(money.inFlight > 0 ? [messages.inFlight(formatMoney(money.inFlight))] : []),
    ...(money.end !== null ? [messages.endsAt(formatRange(money.end.low, money.end.high))] : []),
    money.cap === null ? messages.noCap : messages.ofCap(formatMoney(money.cap)),
  ];
  return (
    <>
      <div className="grid flex-none grid-cols-2 gap-6 border-line border-b px-4 py-2.5 max-sm:grid-cols-1 max-sm:gap-2">
        <div className="grid content-start gap-1.5">
          <p className="tabular-nums">{facts.join(' · ')}</p>
          <Progress
            total={counts.total}
            succeeded={counts.succeeded}
            failed={counts.failed}
            running={counts.running}
            atProvider={rowsAtProvider(batch)}
          />
        </div>
        <div className="grid content-start gap-0.5">
          <p className="tabular-nums">
            <b className="font-semibold">
              <Link
                to="/monitor"
                search={{ ledger: dayOf(batch.created_at), of: batch.batch_id }}
                title={messages.opensCalls}
                className="text-ink"
              >
                {formatMoney(money.spent)}
              </Link>{' '}
              {messages.spent}
            </b>{' '}
            <span className="text-ink-2">· {costs.join(' · ')}</span>
            {!hasEnded(batch) && (
              <>
                {' '}
                <button type="button" className="text-accent hover:underline" onClick={() => setChangesCap(true)}>
                  {messages.capChange}
                </button>
              </>
            )}
          </p>
          <MoneyBar {...money} />
        </div>
      </div>
      <Suspense>{changesCap && <CapDialog batch={batch} onClose={() => setChangesCap(false)} />}</Suspense>
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
