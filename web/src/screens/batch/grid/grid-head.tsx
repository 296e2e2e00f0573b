import { useNavigate } from '@tanstack/react-router';
import { memo, type PointerEvent, useRef } from 'react';
import { classNames } from '../../../ui/class-names.ts';
import { Icon } from '../../../ui/icon.tsx';
import { messages } from '../messages.ts';
import type { RowFilter } from '../use-rows.ts';
import { within, writeColumns } from './grid-columns.ts';
import { cellClass, type PlacedColumn } from './grid-row.tsx';

/** The columns by which rows can be sorted. */
const SORTS: { [key: string]: 'row' | 'time' | 'status' } = { _row: 'row', _ended_at: 'time', _status: 'status' };

interface GridHeadProps {
  columns: readonly PlacedColumn[];
  filter: RowFilter;
  /** The grid scrolls sideways: the head of the numbers stays in view. */
  isWide: boolean;
}

/** The header of the grid: a click sorts, its edge is dragged to resize. The dialog of the columns does both by keyboard. */
export const GridHead = memo(function GridHead({ columns, filter, isWide }: GridHeadProps) {
  const row = {
    key: '_row',
    label: messages.row,
    width: undefined,
    isPinned: true,
    left: isWide ? 0 : undefined,
    isFirstAnswer: false,
    isNumber: true,
  };
  return (
    <thead className="sticky top-0 z-2">
      <tr aria-rowindex={1}>
        {[row, ...columns].map((column) => (
          <Head key={column.key} {...{ column, columns, filter }} />
        ))}
      </tr>
    </thead>
  );
});

function Head({ column, columns, filter }: Omit<GridHeadProps, 'isWide'> & { column: PlacedColumn }) {
  const navigate = useNavigate({ from: '/batches/$id/rows' });
  const { key, label } = column;
  // A search has an order of its own.
  const by = filter.q === undefined ? SORTS[key] : undefined;
  const sort = filter.sort ?? 'row';
  const direction = by !== undefined && sort.replace('-', '') === by ? (sort === by ? 'up' : 'down') : undefined;
  const next = direction === 'up' && by !== undefined ? (`-${by}` as const) : by;
  return (
    <th
      scope="col"
      aria-sort={direction === undefined ? undefined : direction === 'up' ? 'ascending' : 'descending'}
      // The head is moved as a whole: its cells must not stick to the top on their own.
      className={cellClass(column, classNames('top-auto!', column.isNumber && 'num'))}
      style={{ left: column.left }}
    >
      {by === undefined ? (
        label
      ) : (
        <button
          type="button"
          tabIndex={-1}
          className="inline-flex items-center gap-1"
          onClick={() => void navigate({ search: (old) => ({ ...old, sort: next === 'row' ? undefined : next }) })}
        >
          {label}
          {direction !== undefined && <Icon name={direction} className="size-3" />}
        </button>
      )}
      {key !== '_row' && <Edge column={column} columns={columns} />}
    </th>
  );
}

/** The right edge of a header. */
function Edge({ column, columns }: { column: PlacedColumn; columns: readonly PlacedColumn[] }) {
  const navigate = useNavigate({ from: '/batches/$id/rows' });
  const drag = useRef<{ x: number; width: number }>(undefined);
  function move({ clientX }: PointerEvent): void {
    if (drag.current === undefined) return;
    const width = within(drag.current.width + clientX - drag.current.x);
    const cols = writeColumns(columns.map((one) => (one.key === column.key ? { ...one, width } : one)));
    void navigate({ search: (old) => ({ ...old, cols }), replace: true });
  }
  return (
    <span
      aria-hidden="true"
      className="absolute top-0 right-0 h-full w-2 cursor-col-resize touch-none hover:bg-line-2"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = {
          x: event.clientX,
          width: event.currentTarget.parentElement?.getBoundingClientRect().width ?? 0,
        };
      }}
      onPointerMove={move}
      onPointerUp={() => {
        drag.current = undefined;
      }}
    />
  );
}
