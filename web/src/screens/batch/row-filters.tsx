import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useRef, useState } from 'react';
import { useKeys } from '../../app/keys.ts';
import type { Schemas } from '../../data/api.ts';
import { useBatch } from '../../data/batches.ts';
import { hasEnded } from '../../data/live/messages.ts';
import { Button } from '../../ui/button.tsx';
import { Chip, Chips } from '../../ui/chip.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import type { ColumnNames } from './grid/grid-columns.ts';
import { RowStatusIcon } from './grid/grid-row.tsx';
import { messages } from './messages.ts';
import { RetryButton } from './retry-button.tsx';
import type { RowFilter } from './use-rows.ts';

const ColumnsDialog = lazy(() =>
  import('./grid/columns-dialog.tsx').then((found) => ({ default: found.ColumnsDialog })),
);

interface RowFiltersProps {
  id: string;
  counts: Schemas['RowPage']['counts'];
  filter: RowFilter;
  names: ColumnNames;
}

const STATUSES = ['succeeded', 'failed', 'running', 'queued'] as const;

/** What limits the rows, by status, error and text, each with its exact count; the retry of those; and the columns. */
export function RowFilters({ id, counts, filter, names }: RowFiltersProps) {
  const [choosesColumns, setChoosesColumns] = useState(false);
  const navigate = useNavigate({ from: '/batches/$id/rows' });
  const field = useRef<HTMLInputElement>(null);
  const ended = useBatch(id).data;
  useKeys([{ key: '/', does: messages.keys.find, run: () => field.current?.focus() }]);
  const set = (next: Partial<RowFilter>) =>
    void navigate({ search: ({ status: _, error: __, ...old }) => ({ ...old, ...next, row: undefined }) });
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
              <RowStatusIcon status={status} />
              {messages.status[status]}
            </Chip>
          );
        })}
        <ErrorChips
          errors={counts?.errors ?? []}
          chosen={filter.error}
          onChoose={(error) => set(error === undefined ? {} : { status: 'failed', error })}
        />
      </Chips>
      <span className="ml-auto flex flex-wrap items-center gap-2 max-sm:w-full">
        <RetryButton id={id} code={filter.error} failed={counts} />
        <span className="max-sm:min-w-40 max-sm:grow">
          <SearchField
            ref={field}
            label={messages.search}
            placeholder={messages.searchShort}
            text={filter.q}
            onText={(q) => void navigate({ search: (old) => ({ ...old, q, row: undefined }), replace: true })}
          />
        </span>
        <Button size="small" icon="columns" label={messages.columns} onClick={() => setChoosesColumns(true)} />
        <Suspense>
          {choosesColumns && <ColumnsDialog names={names} onClose={() => setChoosesColumns(false)} />}
        </Suspense>
      </span>
    </div>
  );
}

/** Error codes of a batch can be many: the rest of them waits behind a chip. */
const SHOWN_ERRORS = 3;

interface ErrorChipsProps {
  /** The most frequent first. */
  errors: NonNullable<Schemas['RowPage']['counts']>['errors'];
  chosen: string | undefined;
  onChoose: (error: string | undefined) => void;
}

function ErrorChips({ errors, chosen, onChoose }: ErrorChipsProps) {
  const [showsAll, setShowsAll] = useState(false);
  if (errors.length === 0) return null;
  const shown = errors.filter(({ code }, index) => showsAll || index < SHOWN_ERRORS || code === chosen);
  return (
    <>
      <span className="mx-1 h-4 border-line-2 border-l" />
      {shown.map(({ code, count }) => (
        <Chip
          key={code}
          pressed={chosen === code}
          count={count}
          onPress={() => onChoose(chosen === code ? undefined : code)}
        >
          <code>{code}</code>
        </Chip>
      ))}
      {shown.length < errors.length && (
        <Button
          size="small"
          kind="ghost"
          label={messages.moreErrors(errors.length - shown.length)}
          onClick={() => setShowsAll(true)}
        />
      )}
    </>
  );
}
