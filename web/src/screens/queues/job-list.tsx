import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useAgents } from '../../data/agents.ts';
import { useChangeJob, useJobs } from '../../data/jobs.ts';
import { Button, buttonClass } from '../../ui/button.tsx';
import { Chip, Chips } from '../../ui/chip.tsx';
import { Select } from '../../ui/select.tsx';
import { EmptyState, ErrorState, Loading, Stale } from '../../ui/states.tsx';
import { CancelJob } from './cancel-job.tsx';
import { JobState } from './job-state.tsx';
import { JobTable } from './job-table.tsx';
import { messages } from './messages.ts';

const { list: words } = messages;
const STATES = ['waiting', 'queued', 'running', 'succeeded', 'failed', 'cancelled', 'expired'] as const;
const PAGE = 25;
const MOST = 200;
const ANY = '';

/** The jobs, newest first: filtered by agent and state, moved and cancelled while they wait. */
export function JobList() {
  const { agent, state } = useSearch({ from: '/queues' });
  const [limit, setLimit] = useState(PAGE);
  const [cancelling, setCancelling] = useState<string>();
  const filter = { ...(agent !== undefined && { agent }), ...(state !== undefined && { state }) };
  const query = useJobs(filter, limit);
  const change = useChangeJob();
  const { data } = query;
  const hasMore = data?.next_cursor != null;
  return (
    <section aria-label={words.title}>
      <Filters />
      {change.error !== null && <ErrorState error={change.error} kept={words.notChanged} />}
      {data === undefined && query.error !== null && (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      )}
      {data === undefined && query.error === null && <Loading rows={5} />}
      {data?.items.length === 0 && (
        <EmptyState
          title={words.none}
          action={
            <Link to="/queues" className={buttonClass({ size: 'large' })}>
              {words.clear}
            </Link>
          }
        />
      )}
      {data !== undefined && data.items.length > 0 && (
        <JobTable
          jobs={data.items}
          onPriority={(id, priority) => change.mutate({ id, priority })}
          onCancel={setCancelling}
        />
      )}
      <div className="flex min-h-8 items-center gap-4 px-4 text-12 text-ink-3">
        {hasMore && limit < MOST && (
          <Button kind="ghost" size="small" label={words.more} onClick={() => setLimit(Math.min(MOST, limit * 2))} />
        )}
        {hasMore && limit >= MOST && <span>{words.most}</span>}
        <Stale query={query} />
      </div>
      {cancelling !== undefined && <CancelJob id={cancelling} onClose={() => setCancelling(undefined)} />}
    </section>
  );
}

function Filters() {
  const { agent, state } = useSearch({ from: '/queues' });
  const navigate = useNavigate({ from: '/queues' });
  const { data: agents = [] } = useAgents();
  const names = [...new Set([...(agent === undefined ? [] : [agent]), ...agents.map(({ name }) => name)])];
  return (
    <div className="flex min-h-11 flex-wrap items-center gap-2 border-line border-b px-4 py-2">
      <h2>{words.title}</h2>
      <Chips label={words.states}>
        <Chip
          pressed={state === undefined}
          onPress={() => void navigate({ search: (old) => ({ ...old, state: undefined }) })}
        >
          {words.all}
        </Chip>
        {STATES.map((one) => (
          <Chip
            key={one}
            pressed={state === one}
            onPress={() => void navigate({ search: (old) => ({ ...old, state: state === one ? undefined : one }) })}
          >
            <JobState state={one} plain />
          </Chip>
        ))}
      </Chips>
      <div className="ml-auto max-sm:ml-0">
        <Select
          quiet
          label={words.agent}
          choices={[{ value: ANY, label: words.anyAgent }, ...names.map((name) => ({ value: name, label: name }))]}
          value={agent ?? ANY}
          onChange={(name) => void navigate({ search: (old) => ({ ...old, agent: name === ANY ? undefined : name }) })}
        />
      </div>
    </div>
  );
}
