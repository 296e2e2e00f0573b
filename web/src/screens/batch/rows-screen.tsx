import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type ComponentProps, lazy, Suspense, useRef, useState } from 'react';
import { useBatch } from '../../data/batches.ts';
import { hasEnded } from '../../data/live/messages.ts';
import { createStore } from '../../data/store.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState, ErrorState, Loading } from '../../ui/states.tsx';
import { type ColumnNames, mergeNames } from './grid/grid-columns.ts';
import { type Neighbours, RowGrid, type Shown } from './grid/row-grid.tsx';
import { messages } from './messages.ts';
import { RowPanel } from './row/row-panel.tsx';
import { RowFilters } from './row-filters.tsx';
import { isSteady, type RowFilter, useCounts } from './use-rows.ts';

const RetryDialog = lazy(() => import('./retry-dialog.tsx').then((found) => ({ default: found.RetryDialog })));
const RowMap = lazy(() => import('./map/row-map.tsx').then((found) => ({ default: found.RowMap })));
const NO_NAMES: ColumnNames = { source: [], answer: [] };

/** The rows of a batch: filters with exact counts, the grid, and the row that is open. */
export function RowsScreen() {
  const { id } = useParams({ from: '/batches/$id/rows' });
  const { status, error, q, sort, row } = useSearch({ from: '/batches/$id/rows' });
  const batch = useBatch(id).data;
  const isLive = batch !== undefined && !hasEnded(batch) && batch.status !== 'paused';
  const filter: RowFilter = {
    ...(status !== undefined && { status }),
    ...(error !== undefined && { error }),
    ...(q !== undefined && { q }),
    ...(sort !== undefined && { sort }),
  };
  const counts = useCounts(id, filter, isLive);
  const focus = useRef<() => void>(undefined);
  const [neighbours, setNeighbours] = useState<Neighbours>({});
  const [names, setNames] = useState(NO_NAMES);
  // Not a state: scrolling draws the map's mark, and not the whole screen again.
  const [view] = useState(() => createStore<Shown | undefined>(undefined));
  const [wanted, setWanted] = useState<{ row: number }>();
  const [again, setAgain] = useState<number>();
  const navigate = useNavigate({ from: '/batches/$id/rows' });
  const jump = (to: number) => {
    setWanted({ row: to });
    if (isSteady(filter)) return;
    void navigate({ search: ({ status: _, error: __, q: ___, sort: ____, ...old }) => old });
  };
  const onNames = (found: ColumnNames) => setNames((known) => mergeNames(known, found));
  if (counts.error !== null && counts.data === undefined) {
    return <ErrorState error={counts.error} onRetry={() => counts.refetch()} />;
  }
  return (
    <div className="flex min-h-0 flex-1">
      <div className={`flex min-h-0 min-w-0 flex-1 flex-col ${row === undefined ? '' : 'max-sm:hidden'}`}>
        <Suspense fallback={<div className="h-9 flex-none border-line border-b" />}>
          <RowMap
            {...{ id, isLive }}
            view={view}
            isSteady={isSteady(filter)}
            isEnded={batch !== undefined && hasEnded(batch)}
            onJump={jump}
          />
        </Suspense>
        <RowFilters counts={counts.data?.counts ?? null} {...{ filter, id, names }} />
        {counts.data === undefined || counts.isPlaceholderData ? (
          <Loading rows={10} />
        ) : (
          <ShownRows
            {...{ id, filter, isLive, focus, names, onNames, wanted }}
            onView={view.set}
            onAgain={setAgain}
            onArrived={() => setWanted(undefined)}
            selected={counts.data.selected}
            onNeighbours={setNeighbours}
          />
        )}
      </div>
      {row !== undefined && (
        <RowPanel
          {...{ id, row, isLive, neighbours }}
          onAgain={() => setAgain(row)}
          onClosed={() => focus.current?.()}
        />
      )}
      <Suspense>
        {again !== undefined && (
          <RetryDialog
            id={id}
            asked={{ row: again }}
            title={messages.againTitle(again)}
            onClose={() => setAgain(undefined)}
          />
        )}
      </Suspense>
    </div>
  );
}

interface ShownRowsProps extends Omit<ComponentProps<typeof RowGrid>, 'total'> {
  selected: number;
}

/** The grid. Where rows would jump, the number that is shown stays until a person asks for the new one. */
function ShownRows({ selected, ...grid }: ShownRowsProps) {
  const { id, filter } = grid;
  const client = useQueryClient();
  const key = JSON.stringify(filter);
  const [held, hold] = useState({ key, selected });
  if (held.key !== key || (isSteady(filter) && held.selected !== selected)) hold({ key, selected });
  const changed = Math.abs(selected - held.selected);
  if (held.selected === 0 && selected === 0) {
    return <EmptyState title={isSteady(filter) ? messages.noRows : messages.none} />;
  }
  return (
    <>
      {changed > 0 && (
        <div className="flex flex-none justify-center py-1">
          <Button
            size="small"
            label={messages.changed(changed)}
            onClick={() => {
              hold({ key, selected });
              void client.invalidateQueries({ queryKey: ['rows', id] });
            }}
          />
        </div>
      )}
      <RowGrid key={key} {...grid} total={held.selected} />
    </>
  );
}
