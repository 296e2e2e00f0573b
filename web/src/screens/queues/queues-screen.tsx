import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { Screen } from '../../app/screen.tsx';
import type { Schemas } from '../../data/api.ts';
import { useJobs } from '../../data/jobs.ts';
import { useQueues } from '../../data/queues.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { EmptyState, ErrorState, Loading, Stale } from '../../ui/states.tsx';
import { JobList } from './job-list.tsx';
import { JobPanel } from './job-panel.tsx';
import { messages } from './messages.ts';
import { ProcessDialog } from './process-dialog.tsx';
import { QueueTable } from './queue-table.tsx';

/** Without their icons the buttons of the bar have room in one line of a phone. */
const NARROW = 'max-sm:[&>svg]:hidden';

const EnqueueForm = lazy(() => import('./enqueue/enqueue-form.tsx').then((found) => ({ default: found.EnqueueForm })));

/** What is processed: the queues of one agent, or all. */
interface Chosen {
  agent: string | undefined;
  queues: Schemas['Queue'][];
}

/** The queues with what waits and what it would cost, and the jobs in them. */
export function QueuesScreen() {
  const { job, form, agent } = useSearch({ from: '/queues' });
  const navigate = useNavigate({ from: '/queues' });
  const query = useQueues();
  const any = useJobs({}, 1);
  const [chosen, setChosen] = useState<Chosen>();
  const { data: queues } = query;
  const hasJobs = (any.data?.items.length ?? 0) > 0;
  const showForm = (shown: 'enqueue' | undefined) => void navigate({ search: (old) => ({ ...old, form: shown }) });
  const close = async () => {
    await navigate({ search: (old) => ({ ...old, job: undefined }) });
    document.querySelector<HTMLElement>(`[data-line="${job}"]`)?.focus();
  };
  return (
    <Screen
      title={messages.title}
      actions={
        <>
          <Stale query={query} />
          <Button
            writes
            icon="plus"
            className={NARROW}
            label={messages.enqueue.open}
            onClick={() => showForm('enqueue')}
          />
          {queues !== undefined && queues.length > 1 && (
            <Button
              writes
              icon="play"
              className={NARROW}
              label={messages.processAll}
              onClick={() => setChosen({ agent: undefined, queues })}
            />
          )}
        </>
      }
    >
      <div className="flex min-h-0 flex-1">
        <div
          className={`@container/page min-h-0 min-w-0 flex-1 overflow-auto ${job === undefined ? '' : 'max-sm:hidden'}`}
        >
          {queues === undefined && query.error !== null && (
            <ErrorState error={query.error} onRetry={() => void query.refetch()} />
          )}
          {queues === undefined && query.error === null && <Loading rows={3} rowHeight={48} />}
          {queues?.length === 0 && any.data !== undefined && (hasJobs ? <Quiet /> : <NoJobs />)}
          {queues !== undefined && queues.length > 0 && (
            <QueueTable
              queues={queues}
              onProcess={(agent) => setChosen({ agent, queues: queues.filter((queue) => queue.agent === agent) })}
            />
          )}
          {hasJobs && <JobList />}
        </div>
        {job !== undefined && <JobPanel key={job} id={job} onClose={() => void close()} />}
      </div>
      <Suspense>
        {form === 'enqueue' && (
          <EnqueueForm
            agent={agent}
            onClose={() => showForm(undefined)}
            onDone={(id) => void navigate({ search: (old) => ({ ...old, form: undefined, job: id }) })}
          />
        )}
      </Suspense>
      {chosen !== undefined && <ProcessDialog {...chosen} onClose={() => setChosen(undefined)} />}
    </Screen>
  );
}

function Quiet() {
  return <p className="border-line border-b px-4 py-3 text-ink-2">{messages.quiet}</p>;
}

function NoJobs() {
  return (
    <EmptyState
      title={messages.none.title}
      action={
        <Link to="/agents" className={buttonClass({ kind: 'primary', size: 'large' })}>
          {messages.none.action}
        </Link>
      }
    >
      {messages.none.text}
    </EmptyState>
  );
}
