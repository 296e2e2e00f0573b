import { useChangeJob } from '../../data/jobs.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorState } from '../../ui/states.tsx';
import { messages } from './messages.ts';

const { cancelJob: words } = messages;

/** Asks before a job leaves its queue. */
export function CancelJob({ id, onClose }: { id: string; onClose: () => void }) {
  const change = useChangeJob();
  return (
    <Dialog
      open
      onClose={onClose}
      title={words.title}
      description={words.text(id)}
      actions={
        <>
          <Button label={words.keep} onClick={onClose} />
          <Button
            kind="danger"
            writes
            label={words.action}
            disabled={change.isPending}
            onClick={() => change.mutate({ id }, { onSuccess: onClose })}
          />
        </>
      }
    >
      {change.error !== null && <ErrorState error={change.error} kept={messages.list.notChanged} />}
    </Dialog>
  );
}
