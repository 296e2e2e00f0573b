import { Link, Outlet, useMatchRoute, useParams } from '@tanstack/react-router';
import { Screen } from '../../app/screen.tsx';
import { batchState } from '../../data/batch-state.ts';
import { useBatch } from '../../data/batches.ts';
import { useTableName } from '../../data/uploads.ts';
import { classNames } from '../../ui/class-names.ts';
import { ErrorState, Loading, Stale } from '../../ui/states.tsx';
import { StatusMark } from '../../ui/status-mark.tsx';
import { BatchActions } from './batch-actions.tsx';
import { BatchHeader } from './batch-header.tsx';
import { messages } from './messages.ts';
import { useFreshAtStatus } from './use-rows.ts';

/** What all views of a batch share: its name, its state and money, and what can be done with it. */
export function BatchLayout() {
  const { id } = useParams({ from: '/batches/$id' });
  const query = useBatch(id);
  const match = useMatchRoute();
  const batch = query.data;
  useFreshAtStatus(id, batch?.status);
  const table = useTableName(batch?.source_uri ?? '');
  const title = batch === undefined ? messages.title : (batch.name ?? table);
  const isFlow = match({ to: '/batches/$id/flow' }) !== false;
  const tab = (isCurrent: boolean) =>
    classNames(
      'touch flex h-8 items-center rounded-2 px-2 font-medium no-underline hover:bg-hover',
      isCurrent ? 'bg-accent-tint text-ink' : 'text-ink-2',
    );
  return (
    <Screen
      title={title}
      crumb={
        <Link to="/batches" className="text-ink-3">
          {messages.batches}
        </Link>
      }
      beside={
        batch !== undefined && (
          <nav aria-label={messages.views} className="flex items-center gap-1">
            <Link
              to="/batches/$id/rows"
              params={{ id }}
              className={tab(!isFlow)}
              aria-current={isFlow ? undefined : 'page'}
            >
              {messages.rows}
            </Link>
            <Link
              to="/batches/$id/flow"
              params={{ id }}
              className={tab(isFlow)}
              aria-current={isFlow ? 'page' : undefined}
            >
              {messages.flow}
            </Link>
            <StatusMark {...batchState(batch)} />
            <Stale query={query} />
          </nav>
        )
      }
      actions={batch !== undefined && <BatchActions batch={batch} />}
    >
      {batch === undefined ? (
        query.error === null ? (
          <Loading rows={8} />
        ) : (
          <ErrorState error={query.error} onRetry={() => query.refetch()} />
        )
      ) : (
        <>
          <BatchHeader batch={batch} />
          <Outlet />
        </>
      )}
    </Screen>
  );
}
