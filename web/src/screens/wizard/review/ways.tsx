import type { ReactNode } from 'react';
import type { Schemas } from '../../../data/api.ts';
import { formatAbout, formatDuration, formatMoney, formatRange } from '../../../data/format.ts';
import { Note } from '../../../ui/note.tsx';
import { useDraft } from '../draft/open-draft.ts';
import { messages } from '../messages.ts';
import { RangeAxis } from './range-axis.tsx';

type Estimate = Schemas['Plan']['estimate'];
type Way = 'batch' | 'realtime';

/** Both ways to run the batch side by side, on one axis of money. */
export function Ways({ plan }: { plan: Schemas['Plan'] }) {
  const { draft, request } = useDraft();
  const { execution } = plan;
  if (execution === null) return <Basis plan={plan} />;
  const estimates = { batch: execution.batch, realtime: execution.realtime };
  const chosen: Way = execution.executor === 'batch-api' ? 'batch' : 'realtime';
  const ways: Way[] = execution.batch === null ? ['realtime'] : ['batch', 'realtime'];
  const cap = request.options?.max_cost_usd ?? null;
  const most = Math.max(cap ?? 0, ...ways.map((way) => estimates[way]?.cost_usd?.high ?? 0)) * 1.1;
  const choose = (mode: Way) => draft.change({ ...request, options: { ...request.options, mode } });
  const line = (title: string, cellOf: (way: Way, estimate: NonNullable<Estimate>) => ReactNode) => (
    <tr className="align-top">
      <th scope="row" className="w-36 px-4 py-3 text-left font-medium text-12 text-ink-2 max-sm:w-20 max-sm:px-2">
        {title}
      </th>
      {ways.map((way) => {
        const estimate = estimates[way];
        return (
          <td key={way} className={`px-4 py-3 max-sm:px-2 ${way === chosen ? 'bg-accent-tint' : ''}`}>
            {estimate === null ? messages.review.none : cellOf(way, estimate)}
          </td>
        );
      })}
    </tr>
  );
  const dear = estimates.realtime.cost_usd;
  return (
    <>
      <h2 className="px-4 py-3 font-semibold">
        {ways.length === 1 ? messages.review.oneWay : messages.review.ways}{' '}
        {ways.length > 1 && <span className="font-normal text-12 text-ink-3">{messages.review.same}</span>}
      </h2>
      <table className="w-full table-fixed border-collapse [&_tr]:border-line [&_tr]:border-b">
        <thead>
          <tr>
            <td className="w-36 max-sm:w-20" />
            {ways.map((way) => (
              <th
                key={way}
                scope="col"
                className={`px-4 py-2.5 text-left font-normal max-sm:px-2 ${way === chosen ? 'bg-accent-tint' : ''}`}
              >
                <label className="touch flex flex-wrap items-center gap-2">
                  <input
                    type="radio"
                    name="way"
                    checked={way === chosen}
                    onChange={() => choose(way)}
                    className="accent-accent"
                  />
                  <b className="font-semibold">{messages.review[way]}</b>
                  <span className="text-12 text-ink-2">
                    {way === 'batch' ? messages.review.batchWhy : messages.review.realtimeWhy}
                  </span>
                </label>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {line(messages.review.price, (way, { cost_usd: cost }) =>
            cost === null ? (
              <span className="font-semibold text-20">{messages.priceUnknown}</span>
            ) : (
              <>
                <span className="block font-semibold text-28 tabular-nums leading-9 max-sm:text-20">
                  {formatRange(cost.low, cost.high)}
                </span>
                <span className="text-12 text-ink-2">{cost.high >= 0.005 && formatAbout(cost.expected)}</span>
                <RangeAxis range={cost} most={most} cap={cap} isChosen={way === chosen} />
              </>
            ),
          )}
          {line(messages.review.time, (way, { duration_seconds: seconds }) => (
            <>
              <span className="block font-semibold text-20">
                {way === 'batch'
                  ? messages.review.within
                  : seconds === null
                    ? messages.priceUnknown
                    : formatDuration(seconds)}
              </span>
              {way === 'realtime' && (
                <span className="text-12 text-ink-2">{messages.review.atOnce(request.options?.concurrency ?? 10)}</span>
              )}
            </>
          ))}
          {line(messages.review.perRow, (_way, { cost_usd: cost, rows }) =>
            formatMoney(cost === null || !rows ? null : cost.expected / rows, 4),
          )}
          {ways.length > 1 &&
            line(messages.review.save, (way, { cost_usd: cost }) =>
              way === 'batch' && cost !== null && dear !== null ? (
                <span className="text-ok">{formatAbout(dear.expected - cost.expected)}</span>
              ) : (
                messages.review.nothing
              ),
            )}
          {line(messages.review.meanwhile, (way) =>
            way === 'batch' ? messages.review.meanwhileBatch : messages.review.meanwhileRealtime,
          )}
        </tbody>
      </table>
      <Basis plan={plan} />
    </>
  );
}

function Basis({ plan }: { plan: Schemas['Plan'] }) {
  const isUnpriced = plan.estimate !== null && plan.estimate.cost_usd === null;
  return (
    <div className="grid max-w-180 gap-2 p-4">
      {isUnpriced && <Note kind="warn">{messages.review.unknownPrice}</Note>}
      {plan.estimate !== null && (
        <p className="text-12 text-ink-2">
          <b className="font-semibold text-ink">{messages.review.basis}. </b>
          {plan.estimate.basis} {plan.execution !== null && `${plan.execution.reason}.`}
        </p>
      )}
    </div>
  );
}
