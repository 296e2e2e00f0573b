import { Link } from '@tanstack/react-router';
import type { Schemas } from '../../../data/api.ts';
import { formatCount, formatMoney } from '../../../data/format.ts';
import { ErrorState, Loading } from '../../../ui/states.tsx';
import { StatusMark } from '../../../ui/status-mark.tsx';
import { Table } from '../../../ui/table.tsx';
import { Wide } from '../../../ui/wide.tsx';
import type { AnswerField } from '../draft/draft-request.ts';
import { messages } from '../messages.ts';
import { useKnownNames } from '../prompt/use-known-names.ts';
import { cellText } from '../table/cell-text.ts';
import { TEST_ROWS, useTestResult } from './use-test-rows.ts';

/** The answers of a test beside the cells that the prompt names. */
export function TestResult({ batchId, fields }: { batchId: string; fields: readonly AnswerField[] }) {
  const { batch, isDone, rows } = useTestResult(batchId);
  const { used } = useKnownNames();
  if (rows.error !== null) return <ErrorState error={rows.error} onRetry={() => rows.refetch()} />;
  if (!isDone || rows.data === undefined || batch === undefined) {
    return (
      <div className="px-4 pb-3">
        {batch?.status === 'paused' ? (
          <ErrorState error={new Error(batch.error?.message ?? batch.next_step)} />
        ) : (
          <Loading rows={TEST_ROWS} />
        )}
      </div>
    );
  }
  const good = rows.data.items.filter(({ status }) => status === 'succeeded').length;
  const shown = used.slice(0, 2);
  return (
    <>
      <Wide label={messages.schema.test}>
        <Table
          label={messages.schema.test}
          columns={[
            { label: messages.schema.row, num: true },
            ...shown.map((label) => ({ label, className: 'max-w-60' })),
            ...fields.map(({ name: label }, index) => ({
              label,
              className: index === 0 ? 'border-line-2 border-l' : '',
            })),
          ]}
        >
          {rows.data.items.map((row) => (
            <TestRow key={row.row} row={row} shown={shown} fields={fields} />
          ))}
        </Table>
      </Wide>
      <p className="flex flex-wrap items-center gap-2 px-4 py-2 text-12 text-ink-2">
        <StatusMark
          status={good === rows.data.items.length ? 'succeeded' : 'failed'}
          word={messages.schema.fits(good, rows.data.items.length)}
        />
        <span>
          {messages.schema.tested(formatMoney(batch.cost_usd, 4))}{' '}
          <Link to="/batches/$id/rows" params={{ id: batchId }}>
            {messages.schema.openTest}
          </Link>
        </span>
      </p>
    </>
  );
}

function TestRow({
  row,
  shown,
  fields,
}: {
  row: Schemas['Row'];
  shown: readonly string[];
  fields: readonly AnswerField[];
}) {
  return (
    <tr>
      <td className="num text-ink-3">{formatCount(row.row)}</td>
      {shown.map((column) => (
        <td key={column} className="max-w-60">
          <span className="cut block">{cellText(row.source[column])}</span>
        </td>
      ))}
      {row.error !== null ? (
        <td colSpan={fields.length} className="border-line-2 border-l text-bad">
          <code>{row.error.code}</code> {row.error.message}
        </td>
      ) : (
        fields.map(({ name }, index) => {
          const value = row.output?.[name];
          return (
            <td key={name} className={index === 0 ? 'border-line-2 border-l' : ''}>
              {value === null || value === undefined ? <span className="text-ink-3">null</span> : cellText(value)}
            </td>
          );
        })
      )}
    </tr>
  );
}
