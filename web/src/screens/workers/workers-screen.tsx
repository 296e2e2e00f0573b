import { Screen } from '../../app/screen.tsx';
import { formatCount } from '../../data/format.ts';
import { ProblemError } from '../../data/problem-error.ts';
import { useWorkers, type Worker } from '../../data/workers.ts';
import { EmptyState, ErrorState, Loading, Stale } from '../../ui/states.tsx';
import { messages } from './messages.ts';
import { WorkerTable } from './worker-table.tsx';

/** The workers of the fleet: who runs rows on other machines. */
export function WorkersScreen() {
  const query = useWorkers();
  const { data: workers, error } = query;
  const hasNoFleet = error instanceof ProblemError && error.code === 'option_not_supported';
  return (
    <Screen title={messages.title} actions={<Stale query={query} />}>
      <div className="min-h-0 flex-1 overflow-auto">
        {hasNoFleet && <Missing {...messages.none} />}
        {workers === undefined && error !== null && !hasNoFleet && (
          <ErrorState error={error} onRetry={() => void query.refetch()} />
        )}
        {workers === undefined && error === null && <Loading rows={3} rowHeight={48} />}
        {workers?.length === 0 && !hasNoFleet && <Missing {...messages.empty} />}
        {workers !== undefined && workers.length > 0 && (
          <>
            <Sum workers={workers} />
            <WorkerTable workers={workers} />
          </>
        )}
      </div>
    </Screen>
  );
}

/** What the workers that take rows do together. */
function Sum({ workers }: { workers: readonly Worker[] }) {
  const active = workers.filter(({ state }) => state === 'active');
  const running = active.reduce((sum, worker) => sum + worker.running_rows, 0);
  const places = active.reduce((sum, worker) => sum + worker.concurrency, 0);
  return (
    <p className="border-line border-b px-4 py-3 text-ink-2">
      {messages.sum(active.length, formatCount(running), formatCount(places))}
    </p>
  );
}

function Missing({ title, text, command }: { title: string; text: string; command: string }) {
  return (
    <EmptyState title={title}>
      <p>{text}</p>
      <code className="mt-3 block">{command}</code>
    </EmptyState>
  );
}
