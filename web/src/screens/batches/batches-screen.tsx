import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useKeys } from '../../app/keys.ts';
import { Screen } from '../../app/screen.tsx';
import { type BatchFilter, type BatchReport, useBatches } from '../../data/batches.ts';
import { buttonClass } from '../../ui/button.tsx';
import { SearchField } from '../../ui/search-field.tsx';
import { EmptyState, ErrorState, Loading } from '../../ui/states.tsx';
import { BatchTable } from './batch-table.tsx';
import { DraftsMenu } from './drafts-menu.tsx';
import { type BatchesSearch, FilterBar } from './filter-bar.tsx';
import { ListFooter } from './list-footer.tsx';
import { messages } from './messages.ts';
import { MoneyStrip } from './money-strip.tsx';
import { NoBatches } from './no-batches.tsx';

/** What each filter lets through. Rows that are collected wait, and are shown with the queues. */
const STATES: { [state in NonNullable<BatchesSearch['state']>]: BatchReport['status'][] } = {
  running: ['created', 'validating', 'loading', 'running', 'aggregating'],
  'needs-you': ['paused'],
  completed: ['completed'],
  failed: ['failed'],
  cancelled: ['cancelled'],
};
const PAGE = 50;
const MOST = 200;

/** The list of batches: what each does, costs and will cost. */
export function BatchesScreen() {
  const search = useSearch({ from: '/batches' });
  const navigate = useNavigate({ from: '/batches' });
  const [limit, setLimit] = useState(PAGE);
  const field = useRef<HTMLInputElement>(null);
  const query = useBatches(filterOf(search), limit);
  useKeys([{ key: '/', does: messages.keys.find, run: () => field.current?.focus() }]);
  const isFiltered = search.state !== undefined || search.agent !== undefined || search.q !== undefined;
  const { data } = query;
  const isEmpty = data !== undefined && data.items.length === 0;
  if (isEmpty && !isFiltered) return <NoBatches />;
  return (
    <Screen
      title={messages.title}
      actions={
        <>
          <SearchField
            ref={field}
            label={messages.findLabel}
            placeholder={messages.find}
            text={search.q}
            onText={(q) => void navigate({ search: (old) => ({ ...old, q }), replace: true })}
          />
          <DraftsMenu />
          <Link to="/new" className={`${buttonClass({ kind: 'primary' })} sm:hidden`}>
            {messages.newBatch}
          </Link>
        </>
      }
    >
      <MoneyStrip />
      <FilterBar search={search} />
      <div className="min-h-0 flex-1 overflow-auto">
        {data === undefined && query.error !== null && (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        )}
        {data === undefined && query.error === null && <Loading rows={10} rowHeight={48} />}
        {isEmpty && (
          <EmptyState
            title={messages.none}
            action={
              <Link to="/batches" className={buttonClass({ size: 'large' })}>
                {messages.clear}
              </Link>
            }
          />
        )}
        {data !== undefined && !isEmpty && <BatchTable batches={data.items} />}
      </div>
      <ListFooter
        query={query}
        {...(data?.next_cursor != null && limit < MOST && { onMore: () => setLimit(Math.min(MOST, limit * 2)) })}
        isCut={data?.next_cursor != null && limit >= MOST}
      />
    </Screen>
  );
}

function filterOf({ state, agent, q, sort }: BatchesSearch): BatchFilter {
  return {
    ...(state !== undefined && { status: STATES[state] }),
    ...(agent !== undefined && { agent }),
    ...(q !== undefined && { text: q }),
    ...(sort !== undefined && { sort }),
  };
}
