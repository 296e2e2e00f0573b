import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { batchMoney } from '../../data/batch-state.ts';
import { batchQuery } from '../../data/batches.ts';
import { formatAbout, formatMoney, formatRange, formatTime } from '../../data/format.ts';
import { useTableName } from '../../data/uploads.ts';
import { Button } from '../../ui/button.tsx';
import { MoneyBar } from '../../ui/money.tsx';
import { messages } from './messages.ts';
import type { Spending } from './spending-of.ts';

const { spending: texts } = messages;
/** Below it a range has no middle. */
const LEAST = 0.01;

interface SpendingRequestProps {
  request: Spending;
  /** The person has not answered it. */
  isOpen: boolean;
  onAnswer: (text: string) => void;
}

/** Asks a person for a yes to a cost. A yes is their next message: nothing else agrees for them. */
export function SpendingRequest({ request, isOpen, onAnswer }: SpendingRequestProps) {
  const { title, start, expectedUsd, limitUsd, estimate, capUsd, expiresAt, batchId } = request;
  const { data: batch } = useQuery({ ...batchQuery(batchId ?? ''), enabled: batchId !== undefined });
  const spent = batch === undefined ? 0 : batchMoney(batch).spent;
  const table = useTableName(start?.table ?? '');
  const isExpired = useIsPast(expiresAt);
  const cap = capUsd ?? (batch === undefined ? null : batch.options.max_cost_usd);
  const end = estimate === null || spent === null ? null : { low: spent + estimate.low, high: spent + estimate.high };
  const { yes, label } = wordsOf(expectedUsd, capUsd);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would need a form
    <div
      role="group"
      aria-label={texts.label}
      className="grid gap-2 rounded-2 border border-line-2 border-l-3 border-l-accent p-3"
    >
      <h3 className="font-semibold text-13 [overflow-wrap:anywhere]">
        {start === undefined ? title : texts.question(start.rows)}
      </h3>
      <dl className="grid gap-1 text-12 tabular-nums">
        {start !== undefined && (
          <>
            <Line label={texts.table}>{table}</Line>
            <Line label={texts.agent}>{start.agent}</Line>
          </>
        )}
        <Line label={texts.expected}>
          {estimate === null ? (
            formatMoney(expectedUsd)
          ) : (
            <>
              <b className="font-semibold">{formatRange(estimate.low, estimate.high)}</b>
              {estimate.expected >= LEAST && `, ${formatAbout(estimate.expected)}`}
            </>
          )}
        </Line>
        {batch !== undefined && (
          <>
            <Line label={texts.spent}>{formatMoney(spent)}</Line>
            {end !== null && <Line label={texts.ends}>{formatRange(end.low, end.high)}</Line>}
          </>
        )}
        <Line label={texts.cap}>{cap === null ? texts.noCap : formatMoney(cap)}</Line>
        <Line label={texts.limit}>{formatMoney(limitUsd)}</Line>
      </dl>
      {end !== null && <MoneyBar spent={spent} end={end} cap={cap} />}
      {isOpen ? (
        <>
          <div className="flex flex-wrap gap-2">
            <Button kind="primary" writes label={label} onClick={() => onAnswer(yes)} />
            <Button writes label={texts.notNow} onClick={() => onAnswer(texts.no)} />
          </div>
          <p className="text-12 text-ink-3">
            {capUsd === null ? texts.uncapped : texts.capped}{' '}
            {isExpired ? texts.expired : texts.expires(formatTime(expiresAt))}
          </p>
        </>
      ) : (
        <p className="text-12 text-ink-3">{texts.answered}</p>
      )}
    </div>
  );
}

function Line({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex justify-between gap-4">
      <dt className="text-ink-2">{label}</dt>
      <dd className="text-right">{children}</dd>
    </div>
  );
}

/** Only a cap bounds what is spent; without one the estimate is a guess, and the words say so. */
function wordsOf(expectedUsd: number | null, capUsd: number | null): { yes: string; label: string } {
  if (capUsd !== null) {
    const money = formatMoney(capUsd);
    return { yes: texts.yesUpTo(money), label: texts.spendUpTo(money) };
  }
  if (expectedUsd === null) return { yes: texts.yesUnknown, label: texts.startUnknown };
  return { yes: texts.yes(formatMoney(expectedUsd)), label: texts.start(formatAbout(expectedUsd)) };
}

function useIsPast(at: string): boolean {
  const left = new Date(at).getTime() - Date.now();
  const [isPast, setPast] = useState(left <= 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another time starts the timer
  useEffect(() => {
    if (left <= 0) return;
    const timer = setTimeout(() => setPast(true), left);
    return () => clearTimeout(timer);
  }, [at]);
  return isPast;
}
