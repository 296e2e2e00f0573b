import { memo, type ReactNode } from 'react';
import type { Schemas } from '../../../data/api.ts';
import { formatCount, formatExact, formatSecond } from '../../../data/format.ts';
import { Button } from '../../../ui/button.tsx';
import { classNames } from '../../../ui/class-names.ts';
import { type Status, StatusIcon, StatusMark } from '../../../ui/status-mark.tsx';
import { messages } from '../messages.ts';
import { type FactKey, type GridColumn, isWhole } from './grid-columns.ts';

type Row = Schemas['Row'];

const MARKS: { [status in Row['status']]: Status } = {
  succeeded: 'succeeded',
  failed: 'failed',
  running: 'running',
  queued: 'queued',
  not_run: 'cancelled',
};

/** The mark of a row's status with its word. */
export function RowStatus({ status }: { status: Row['status'] }) {
  return <StatusMark plain status={MARKS[status]} word={messages.status[status]} />;
}

/** The shape of a row's status, without its word. */
export function RowStatusIcon({ status }: { status: Row['status'] }) {
  return <StatusIcon status={MARKS[status]} />;
}

/** A column of the grid with its place in it. */
export interface PlacedColumn extends GridColumn {
  /** Where it stays when it is pinned and the grid scrolls sideways, in pixels. */
  left: number | undefined;
  /** A stronger line stands before the first answer column: left of it is theirs, right of it is ours. */
  isFirstAnswer: boolean;
  /** Its values are numbers, as far as the rows in view show: its header stands at the right with them. */
  isNumber: boolean;
}

interface GridRowProps {
  place: number;
  row: Row | undefined;
  columns: readonly PlacedColumn[];
  /** The grid scrolls sideways: the number stays in view. */
  isWide: boolean;
  isActive: boolean;
  isOpen: boolean;
  onOpen: (place: number, row: number) => void;
  onAgain: (row: number) => void;
}

/** A row of the grid; empty while it is loaded. Scrolling draws only the rows that come into view. */
export const GridRow = memo(function GridRow(props: GridRowProps) {
  const { place, row, columns, isWide, isActive, isOpen, onOpen, onAgain } = props;
  const errorAt = row?.error == null ? -1 : columns.findIndex(({ key }) => key.startsWith('out.'));
  const after = columns.slice(errorAt).findIndex(({ key }) => !key.startsWith('out.'));
  const errorColumns = after === -1 ? columns.length - errorAt : after;
  return (
    <tr
      id={`row-${place}`}
      aria-rowindex={place + 2}
      aria-selected={isOpen}
      onClick={() => row !== undefined && onOpen(place, row.row)}
      data-active={isActive || undefined}
      className="cursor-default"
    >
      <td className={classNames('whole num text-ink-3', isWide && `left-0 ${STUCK}`)}>
        {row === undefined ? '' : formatCount(row.row)}
      </td>
      {columns.map((column, index) => {
        if (errorAt >= 0 && index > errorAt && index < errorAt + errorColumns) return null;
        const isError = index === errorAt;
        return (
          <td
            key={column.key}
            aria-colspan={isError ? errorColumns : undefined}
            title={row === undefined ? undefined : exactTime(column, row)}
            className={cellClass(column, isError ? 'text-bad' : row !== undefined && cellKind(column, row))}
            style={{ left: column.left, gridColumn: isError ? `span ${errorColumns}` : undefined }}
          >
            {row === undefined ? '' : isError ? <RowError row={row} onAgain={onAgain} /> : gridCell(column, row)}
          </td>
        );
      })}
    </tr>
  );
});

const STUCK = 'sticky z-1 bg-bg';

/** The classes of a cell or of a header. */
export function cellClass({ left, isFirstAnswer }: PlacedColumn, more: string | false): string {
  return classNames(left !== undefined && STUCK, isFirstAnswer && 'border-line-2 border-l', more);
}

/** Whether a row has failed and can run again; one that can not be read stays as it is. */
export function mayRunAgain({ status, error }: Row): boolean {
  return status === 'failed' && error?.code !== 'row_malformed';
}

function RowError({ row, onAgain }: { row: Row; onAgain: (row: number) => void }) {
  return (
    <span className="flex items-center gap-2">
      <span className="cut grow">
        <code>{row.error?.code}</code> {row.error?.message}
      </span>
      {mayRunAgain(row) && (
        // One stop of the keyboard is enough for the grid: there it is R.
        <Button
          writes
          kind="ghost"
          size="small"
          icon="retry"
          iconOnly
          tabIndex={-1}
          className="pointer-coarse:hidden"
          label={messages.again(row.row)}
          onClick={(event) => {
            event.stopPropagation();
            onAgain(row.row);
          }}
        />
      )}
    </span>
  );
}

const FACT_CELLS: { [key in FactKey]: (row: Row) => ReactNode } = {
  _status: ({ status }) => <RowStatus status={status} />,
  _started_at: ({ started_at: at }) => (at === null ? '' : formatSecond(at)),
  _ended_at: ({ ended_at: at }) => (at === null ? '' : formatSecond(at)),
  _took: ({ processing_seconds: seconds }) =>
    seconds === null ? '' : messages.seconds(seconds.toFixed(seconds < 1 ? 2 : 1)),
  _attempt: ({ attempt }) => (attempt === 0 ? '' : formatCount(attempt)),
};

function gridCell({ key }: GridColumn, row: Row): ReactNode {
  const fact = FACT_CELLS[key as FactKey] as ((row: Row) => ReactNode) | undefined;
  if (fact !== undefined) return fact(row);
  return key.startsWith('out.') && row.output === null ? '' : valueCell(answerOrCell(key, row));
}

function cellKind(column: PlacedColumn, row: Row): string {
  return classNames(isNumber(column, row) && 'num', isWhole(column) && 'whole tabular-nums');
}

/** Whether a value stands at the right. */
export function isNumber({ key }: Pick<GridColumn, 'key'>, row: Row): boolean {
  return key === '_took' || key === '_attempt' || typeof answerOrCell(key, row) === 'number';
}

function answerOrCell(key: string, row: Row): unknown {
  if (key.startsWith('in.')) return row.source[key.slice(3)];
  return key.startsWith('out.') ? row.output?.[key.slice(4)] : undefined;
}

/** A time to the second, with its day, where a cell shows its clock alone. */
function exactTime({ key }: GridColumn, { started_at, ended_at }: Row): string | undefined {
  const at = key === '_started_at' ? started_at : key === '_ended_at' ? ended_at : null;
  return at === null ? undefined : formatExact(at);
}

function valueCell(value: unknown): ReactNode {
  if (value === null) return <span className="text-ink-3">{messages.null}</span>;
  if (value === undefined || value === '') return <span className="text-ink-3">{messages.empty}</span>;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
