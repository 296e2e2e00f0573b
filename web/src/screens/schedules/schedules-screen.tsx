import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { Screen } from '../../app/screen.tsx';
import { useSchedules } from '../../data/schedules.ts';
import { buttonClass } from '../../ui/button.tsx';
import { Icon } from '../../ui/icon.tsx';
import { EmptyState, ErrorState, Loading, Stale } from '../../ui/states.tsx';
import { ScheduleForm } from './form/schedule-form.tsx';
import { messages } from './messages.ts';
import { ScheduleTable } from './schedule-table.tsx';
import { useMayChange } from './use-may-change.ts';

/** The schedules: what the server starts by itself, when, for how much, and what became of the last run. */
export function SchedulesScreen() {
  const { form } = useSearch({ from: '/schedules' });
  const navigate = useNavigate();
  const query = useSchedules();
  const mayChange = useMayChange();
  const { data } = query;
  const create = (size: 'plain' | 'large') => (
    <Link to="/schedules" search={{ form: 'new' }} className={buttonClass({ kind: 'primary', size })}>
      <Icon name="plus" />
      {messages.create}
    </Link>
  );
  return (
    <Screen
      title={messages.title}
      actions={
        <>
          <Stale query={query} />
          {mayChange && data !== undefined && data.length > 0 && create('plain')}
        </>
      }
    >
      <div className="min-h-0 flex-1 overflow-auto">
        {data === undefined && query.error !== null && (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        )}
        {data === undefined && query.error === null && <Loading rows={4} rowHeight={48} />}
        {data?.length === 0 && (
          <EmptyState title={messages.empty.title} action={mayChange && create('large')}>
            {messages.empty.text}
          </EmptyState>
        )}
        {data !== undefined && data.length > 0 && <ScheduleTable schedules={data} />}
        {mayChange === false && <p className="p-4 text-ink-2">{messages.needsAdmin}</p>}
      </div>
      {form === 'new' && mayChange && (
        <ScheduleForm
          onClose={() => void navigate({ to: '/schedules', search: {} })}
          onSaved={(name) => void navigate({ to: '/schedules/$name', params: { name }, replace: true })}
        />
      )}
    </Screen>
  );
}
