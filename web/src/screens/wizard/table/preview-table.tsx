import type { ReactNode } from 'react';
import type { Schemas } from '../../../data/api.ts';
import { formatCount } from '../../../data/format.ts';
import { Table } from '../../../ui/table.tsx';
import { Wide } from '../../../ui/wide.tsx';
import { messages } from '../messages.ts';
import { cellText } from './cell-text.ts';

interface PreviewTableProps {
  preview: Schemas['TablePreview'];
  /** The head of a column; its name without it. */
  headOf?: (column: string) => ReactNode;
}

/** Rows of a table as they are read. A row that can't be read says why in place of its cells. */
export function PreviewTable({ preview, headOf }: PreviewTableProps) {
  return (
    <Wide label={messages.data.table}>
      <Table
        label={messages.data.table}
        columns={[
          { label: messages.data.row, num: true, className: 'w-14' },
          ...preview.columns.map((column) => ({
            label: headOf?.(column) ?? <span className="cut block">{column}</span>,
            className: 'max-w-80 min-w-24',
          })),
        ]}
      >
        {preview.rows.map(({ row, line, cells, fault }) => (
          <tr key={row}>
            <td className="num text-ink-3" title={preview.format === 'mongodb' ? undefined : messages.data.line(line)}>
              {formatCount(row)}
            </td>
            {fault === null ? (
              preview.columns.map((column, index) => (
                <td key={column} className="max-w-80">
                  <Cell value={cells[index]} />
                </td>
              ))
            ) : (
              <td colSpan={preview.columns.length} className="text-bad">
                {messages.data.rowFault(line)}: {fault}
              </td>
            )}
          </tr>
        ))}
      </Table>
    </Wide>
  );
}

function Cell({ value }: { value: unknown }) {
  const text = cellText(value);
  if (text === '') return <span className="text-ink-3">{messages.data.empty}</span>;
  return (
    <span className="cut block" title={text.length > 40 ? text.slice(0, 2000) : undefined}>
      {text}
    </span>
  );
}
