import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { useSession } from '../../../data/settings.ts';
import { Button } from '../../../ui/button.tsx';
import { useRequest } from '../draft/use-plan.ts';
import { messages } from '../messages.ts';

const ScheduleForm = lazy(() =>
  import('../../schedules/form/schedule-form.tsx').then((found) => ({ default: found.ScheduleForm })),
);
const from = '/new/$draftId/review' as const;

/** Runs the batch of the draft at certain times, instead of now. */
export function ScheduleDraft() {
  const request = useRequest();
  const { form } = useSearch({ from });
  const navigate = useNavigate({ from });
  const { data: session } = useSession();
  if (request === undefined || session?.scopes.includes('admin') !== true) return null;
  const show = (shown: 'schedule' | undefined) => void navigate({ search: (old) => ({ ...old, form: shown }) });
  return (
    <div className="grid justify-items-start gap-1 border-line border-t pt-3">
      <Button icon="clock" label={messages.review.schedule} onClick={() => show('schedule')} />
      <span className="text-12 text-ink-3">{messages.review.scheduleHint}</span>
      <Suspense>
        {form === 'schedule' && (
          <ScheduleForm
            request={request}
            onClose={() => show(undefined)}
            onSaved={(name) => void navigate({ to: '/schedules/$name', params: { name } })}
          />
        )}
      </Suspense>
    </div>
  );
}
