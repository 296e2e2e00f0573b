import { Link } from '@tanstack/react-router';
import { formatCount, formatExact, formatMoney, formatTime } from '../../data/format.ts';
import { type LedgerPeriod, useLedger } from '../../data/monitor.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { messages } from './messages.ts';

const { ledger: words } = messages;

/** The calls of a batch in a period, with their sum: each is one line of the ledger. */
export function LedgerCalls({ batch, period }: { batch: string; period: LedgerPeriod }) {
  const query = useLedger(batch, period);
  const calls = query.data?.pages.flatMap(({ items }) => items) ?? [];
  if (query.data === undefined) {
    return query.error === null ? (
      <Loading rows={4} />
    ) : (
      <ErrorState error={query.error} onRetry={() => void query.refetch()} />
    );
  }
  const sum = (of: (call: (typeof calls)[number]) => number) => calls.reduce((total, call) => total + of(call), 0);
  const { call: columns } = words;
  const counted = formatCount(calls.length);
  return (
    <>
      <table className="table-lines table-fixed">
        <colgroup>
          <col />
          <col className="w-24" />
          <col className="w-20" />
          <col className="w-22" />
          <col className="w-22" />
        </colgroup>
        <thead>
          <tr>
            <th scope="col">{columns.run}</th>
            <th scope="col">{columns.way}</th>
            <th scope="col">{columns.at}</th>
            <th scope="col" className="num">
              {columns.cost}
            </th>
            <th scope="col" className="num">
              {columns.saved}
            </th>
          </tr>
        </thead>
        <tbody>
          {calls.map((call) => (
            <tr key={`${call.run} ${call.turn}`}>
              <td>
                <Link to="/batches/$id/rows/$row" params={{ id: batch, row: call.run.split('/')[1] ?? '' }}>
                  {call.run.split('/')[1]}
                </Link>
              </td>
              <td>{words.ways[call.way]}</td>
              <td title={formatExact(call.at)}>{formatTime(call.at)}</td>
              <td className="num">{formatMoney(call.cost_usd, 4)}</td>
              <td className="num">{formatMoney(call.saved_usd, 4)}</td>
            </tr>
          ))}
          <tr className="font-semibold">
            <td colSpan={3}>{query.hasNextPage ? words.sumSoFar(counted) : words.sumOf(counted)}</td>
            <td className="num">
              {formatMoney(
                sum(({ cost_usd: cost }) => cost ?? 0),
                4,
              )}
            </td>
            <td className="num">
              {formatMoney(
                sum(({ saved_usd: saved }) => saved),
                4,
              )}
            </td>
          </tr>
        </tbody>
      </table>
      {query.hasNextPage && (
        <div className="px-4 py-2">
          <Button
            size="small"
            label={words.more}
            disabled={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          />
        </div>
      )}
    </>
  );
}
