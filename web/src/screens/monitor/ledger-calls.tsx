import { Link } from '@tanstack/react-router';
import type { Schemas } from '../../data/api.ts';
import { formatCount, formatExact, formatMoney, formatTime } from '../../data/format.ts';
import { type LedgerPeriod, useLedger } from '../../data/monitor.ts';
import { Button } from '../../ui/button.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { Table } from '../../ui/table.tsx';
import { messages } from './messages.ts';

const { ledger: words } = messages;

/** The calls of a batch in a period, or those outside of batches, with their sum: each is one line of the ledger. */
export function LedgerCalls({ batch, period }: { batch: string | undefined; period: LedgerPeriod }) {
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
      <Table
        columns={[
          { label: batch === undefined ? columns.where : columns.run, width: '' },
          { label: columns.way, width: 'w-24' },
          { label: columns.at, width: 'w-20' },
          { label: columns.cost, width: 'w-22', num: true },
          { label: columns.saved, width: 'w-22', num: true },
        ]}
      >
        {calls.map((call) => (
          <tr key={`${call.run} ${call.turn}`}>
            <td>
              <RunLink run={call.run} isOfBatch={batch !== undefined} />
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
      </Table>
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

/** The row of a call, or the conversation that it belongs to; a trial or a suggestion is kept nowhere else. */
function RunLink({ run, isOfBatch }: { run: Schemas['LedgerCall']['run']; isOfBatch: boolean }) {
  const [first = '', second = ''] = run.split(isOfBatch ? '/' : ':');
  if (isOfBatch) {
    return (
      <Link to="/batches/$id/rows/$row" params={{ id: first, row: second }}>
        {second}
      </Link>
    );
  }
  if (second === '') return <span title={first}>{words.trial}</span>;
  return (
    <Link from="/monitor" to="/monitor" search={(old) => ({ ...old, chat: first })} title={first}>
      {words.chat}
    </Link>
  );
}
