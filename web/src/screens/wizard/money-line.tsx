import { formatAbout, formatRange } from '../../data/format.ts';
import { useDraft } from './draft/open-draft.ts';
import { usePlan, useRequest } from './draft/use-plan.ts';
import { messages } from './messages.ts';
import { useAnalysis } from './table/use-table.ts';

/** What the batch would cost, and how many rows it has. Above Back and Next on a small screen. */
export function MoneyLine() {
  const { request } = useDraft();
  const analysis = useAnalysis(request);
  const isComplete = useRequest() !== undefined;
  const { data: plan } = usePlan();
  const rows = analysis.data?.row_count ?? plan?.row_count ?? undefined;
  const rowsText = rows === undefined ? messages.counting : messages.rows(rows);
  const cost = isComplete ? plan?.estimate?.cost_usd : undefined;
  const [range, about] = cost == null ? [] : [formatRange(cost.low, cost.high), formatAbout(cost.expected)];
  return (
    <div className="min-w-0 grow tabular-nums max-sm:order-first max-sm:basis-full">
      {request.csv_uri === undefined ? null : range === undefined ? (
        <>
          <b className="font-semibold">{rowsText}</b>
          <span className="text-ink-3">
            {' · '}
            {cost === null ? messages.priceUnknown : isComplete ? messages.estimating : messages.noPriceYet}
          </span>
        </>
      ) : (
        <>
          <b className="font-semibold">{range}</b>{' '}
          <span className="text-ink-2">
            {messages.by[plan?.execution?.executor === 'batch-api' ? 'batch' : 'realtime']}
            {about !== range && `, ${about}`} · {rowsText}, {messages.nothingSpent}
          </span>
        </>
      )}
    </div>
  );
}
