import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { type ComponentProps, lazy, Suspense, useRef, useState } from 'react';
import { useKeys } from '../../app/keys.ts';
import type { Schemas } from '../../data/api.ts';
import { useBatch } from '../../data/batches.ts';
import { hasEnded } from '../../data/live/messages.ts';
import { Button } from '../../ui/button.tsx';
import { Chip, Chips } from '../../ui/chip.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { EmptyState, ErrorState, Loading } from '../../ui/states.tsx';
import { type ColumnNames, mergeNames } from './grid/grid-columns.ts';
import { type Neighbours, RowGrid, type Shown } from './grid/row-grid.tsx';
import { messages } from './messages.ts';
import { RetryButton } from './retry-button.tsx';
import { RowPanel } from './row/row-panel.tsx';
import { isSteady, type RowFilter, useCounts } from './use-rows.ts';

const ColumnsDialog = lazy(() =>
  import('./grid/columns-dialog.tsx').then((found) => ({ default: found.ColumnsDialog })),
);
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
  const [view, setView] = useState<Shown>();
  const [wanted, setWanted] = useState<{ row: number }>();
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
            view={isSteady(filter) ? view : undefined}
            isEnded={batch !== undefined && hasEnded(batch)}
            onJump={jump}
          />
        </Suspense>
        <Filters counts={counts.data?.counts ?? null} {...{ filter, id, names }} />
        {counts.data === undefined || counts.isPlaceholderData ? (
          <Loading rows={10} />
        ) : (
          <ShownRows
            {...{ id, filter, isLive, focus, names, onNames, wanted }}
            onView={setView}
            onArrived={() => setWanted(undefined)}
            selected={counts.data.selected}
            onNeighbours={setNeighbours}
          />
        )}
      </div>
      {row !== undefined && <RowPanel {...{ id, row, isLive, neighbours }} onClosed={() => focus.current?.()} />}
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

interface FiltersProps {
  id: string;
  counts: Schemas['RowPage']['counts'];
  filter: RowFilter;
  names: ColumnNames;
}

const STATUSES = ['succeeded', 'failed', 'running', 'queued'] as const;

function Filters({ id, counts, filter, names }: FiltersProps) {
  const [choosesColumns, setChoosesColumns] = useState(false);
  const navigate = useNavigate({ from: '/batches/$id/rows' });
  const field = useRef<HTMLInputElement>(null);
  const ended = useBatch(id).data;
  useKeys([{ key: '/', does: messages.keys.find, run: () => field.current?.focus() }]);
  const set = (next: Partial<RowFilter>, replace = false) =>
    void navigate({ search: ({ status: _, error: __, ...old }) => ({ ...old, ...next, row: undefined }), replace });
  const waiting = ended !== undefined && hasEnded(ended) ? 'not_run' : 'queued';
  return (
    <div className="flex flex-none flex-wrap items-center gap-2 border-line border-b px-4 py-2">
      <Chips label={messages.filters}>
        <Chip
          pressed={filter.status === undefined && filter.error === undefined}
          count={counts?.total}
          onPress={() => set({})}
        >
          {messages.all}
        </Chip>
        {STATUSES.map((one) => {
          const status = one === 'queued' ? waiting : one;
          const isPressed = filter.status === status && filter.error === undefined;
          if ((counts?.[one] ?? 0) === 0 && !isPressed) return null;
          return (
            <Chip key={one} pressed={isPressed} count={counts?.[one]} onPress={() => set(isPressed ? {} : { status })}>
              {messages.status[status]}
            </Chip>
          );
        })}
        {(counts?.errors.length ?? 0) > 0 && <span className="mx-1 h-4 border-line-2 border-l" />}
        {counts?.errors.map(({ code, count }) => (
          <Chip
            key={code}
            pressed={filter.error === code}
            count={count}
            onPress={() => set(filter.error === code ? {} : { status: 'failed', error: code })}
          >
            <code>{code}</code>
          </Chip>
        ))}
      </Chips>
      <span className="ml-auto flex flex-wrap items-center gap-2 max-sm:w-full">
        <RetryButton id={id} code={filter.error} failed={counts} />
        <SearchField
          ref={field}
          label={messages.search}
          placeholder={messages.searchShort}
          text={filter.q}
          onText={(q) => set({ ...filter, q }, true)}
        />
        <Button size="small" icon="columns" label={messages.columns} onClick={() => setChoosesColumns(true)} />
        <Suspense>
          {choosesColumns && <ColumnsDialog names={names} onClose={() => setChoosesColumns(false)} />}
        </Suspense>
      </span>
    </div>
  );
}
