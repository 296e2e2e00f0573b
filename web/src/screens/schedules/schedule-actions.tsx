import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { formatAbout, formatMoney } from '../../data/format.ts';
import { type Schedule, useDeleteSchedule, useSwitchSchedule, useTriggerSchedule } from '../../data/schedules.ts';
import { useSession } from '../../data/settings.ts';
import { shared } from '../../messages/shared.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorState } from '../../ui/states.tsx';
import { messages } from './messages.ts';
import { useMayChange } from './use-may-change.ts';

const { one } = messages;

/** Run now, on and off, edit, delete: as far as the person who is signed in may. */
export function ScheduleActions({ schedule }: { schedule: Schedule }) {
  const { name, enabled, max_cost_usd: cap, accepted_usd: accepted } = schedule;
  const navigate = useNavigate({ from: '/schedules/$name' });
  const { data: session } = useSession();
  const mayChange = useMayChange();
  const turn = useSwitchSchedule(name);
  const trigger = useTriggerSchedule(name);
  const [deleting, setDeleting] = useState(false);
  const failed = trigger.error ?? turn.error;
  const run = cap === null ? one.runAccepted(formatAbout(accepted)) : one.runNow(formatMoney(cap));
  return (
    <>
      {mayChange === true && (
        <>
          <Button kind="danger" writes label={one.remove} onClick={() => setDeleting(true)} />
          <Button
            label={one.edit}
            onClick={() => void navigate({ search: (old) => ({ ...old, form: 'edit' as const }) })}
          />
          <Button
            writes
            label={enabled ? one.stop : one.start}
            disabled={turn.isPending}
            onClick={() => turn.mutate(!enabled)}
          />
        </>
      )}
      {session?.scopes.includes('run') === true && (
        <Button
          kind="primary"
          writes
          label={run}
          busy={trigger.isPending && one.starting}
          onClick={() => trigger.mutate()}
        />
      )}
      {failed !== null && (
        <Dialog open onClose={() => (trigger.error === null ? turn : trigger).reset()} title={name}>
          <ErrorState error={failed} kept={one.kept} />
        </Dialog>
      )}
      {deleting && <DeleteSchedule name={name} onClose={() => setDeleting(false)} />}
    </>
  );
}

function DeleteSchedule({ name, onClose }: { name: string; onClose: () => void }) {
  const remove = useDeleteSchedule(name);
  const navigate = useNavigate();
  return (
    <Dialog
      open
      onClose={onClose}
      title={one.removeTitle(name)}
      description={one.removeText}
      actions={
        <>
          <Button label={shared.cancel} onClick={onClose} />
          <Button
            kind="danger"
            writes
            label={one.removeAction}
            disabled={remove.isPending}
            onClick={() => remove.mutate(undefined, { onSuccess: () => void navigate({ to: '/schedules' }) })}
          />
        </>
      }
    >
      {remove.error !== null && <ErrorState error={remove.error} />}
    </Dialog>
  );
}
