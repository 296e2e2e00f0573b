import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { Screen } from '../../app/screen.tsx';
import { type Schedule, scheduleQuery } from '../../data/schedules.ts';
import { Icon } from '../../ui/icon.tsx';
import { ErrorState, Loading, Stale } from '../../ui/states.tsx';
import { ScheduleForm } from './form/schedule-form.tsx';
import { messages } from './messages.ts';
import { ScheduleActions } from './schedule-actions.tsx';
import { ScheduleDetails } from './schedule-details.tsx';
import { ScheduleHistory } from './schedule-history.tsx';
import { OnMark } from './schedule-table.tsx';
import { useMayChange } from './use-may-change.ts';

/** One schedule: what it runs, its next times, its history, and what can be done with it. */
export function ScheduleScreen() {
  const { name } = useParams({ from: '/schedules/$name' });
  const query = useQuery(scheduleQuery(name));
  const { data: schedule } = query;
  return (
    <Screen
      title={name}
      crumb={
        <>
          <Link to="/schedules">{messages.title}</Link>
          <Icon name="right" className="size-3" />
        </>
      }
      beside={schedule !== undefined && <OnMark isOn={schedule.enabled} />}
      actions={
        <>
          <Stale query={query} />
          {schedule !== undefined && <ScheduleActions schedule={schedule} />}
        </>
      }
    >
      <div className="min-h-0 flex-1 overflow-auto">
        {schedule === undefined && query.error !== null && (
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        )}
        {schedule === undefined && query.error === null && <Loading rows={8} />}
        {schedule !== undefined && (
          <>
            <ScheduleDetails schedule={schedule} />
            <ScheduleHistory name={name} />
            <EditForm schedule={schedule} />
          </>
        )}
      </div>
    </Screen>
  );
}

function EditForm({ schedule }: { schedule: Schedule }) {
  const { form } = useSearch({ from: '/schedules/$name' });
  const navigate = useNavigate({ from: '/schedules/$name' });
  const mayChange = useMayChange();
  if (form !== 'edit' || mayChange !== true) return null;
  const close = () => void navigate({ search: (old) => ({ ...old, form: undefined }), replace: true });
  return <ScheduleForm schedule={schedule} onClose={close} onSaved={close} />;
}
