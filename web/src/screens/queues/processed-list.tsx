import { Link } from '@tanstack/react-router';
import type { Schemas } from '../../data/api.ts';
import { formatCount, formatMoney } from '../../data/format.ts';
import { shared } from '../../messages/shared.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { StatusMark } from '../../ui/status-mark.tsx';
import { messages } from './messages.ts';

const { started: words } = messages;

/** What processing did with each queue: the batch that runs, or why nothing was started. */
export function ProcessedList({
  processed,
  onClose,
}: {
  processed: readonly Schemas['ProcessedQueue'][];
  onClose: () => void;
}) {
  // The second click of the double click that opened it must not close it.
  const close = ({ detail }: { detail: number }) => detail < 2 && onClose();
  const hasStarted = processed.some(({ batch_id: id }) => id !== null);
  return (
    <Dialog
      open
      onClose={onClose}
      keepsOpen
      title={hasStarted ? words.title : words.nothing}
      actions={<Button kind="primary" label={shared.close} onClick={close} />}
    >
      {processed.length === 0 && <p className="text-ink-2">{messages.dialog.empty}</p>}
      <ul>
        {processed.map((one) => (
          <li key={`${one.agent} ${one.model} ${one.batch_id}`} className="border-line py-2 not-first:border-t">
            <div className="flex items-baseline gap-2">
              <StatusMark
                status={one.error === null ? 'succeeded' : 'failed'}
                word={
                  one.batch_id === null ? words.nothing : words.jobs(messages.jobs(one.jobs, formatCount(one.jobs)))
                }
              />
              <span className="ml-auto font-semibold tabular-nums">
                {one.batch_id !== null && words.about(formatMoney(one.expected_usd))}
              </span>
            </div>
            <div className="flex items-baseline gap-2 text-12 text-ink-3">
              <span className="cut">{`${one.agent} · ${one.model}`}</span>
              {one.batch_id !== null && (
                <Link to="/batches/$id/rows" params={{ id: one.batch_id }} className="ml-auto flex-none">
                  {words.batch}
                </Link>
              )}
            </div>
            {one.later > 0 && <Rest text={words.later(messages.jobs(one.later, formatCount(one.later)))} />}
            {one.expired > 0 && <Rest text={words.expired(messages.jobs(one.expired, formatCount(one.expired)))} />}
            {one.error !== null && (
              <p className="text-12 text-bad">
                <code className="text-11">{one.error.code}</code>: {one.error.message}
              </p>
            )}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function Rest({ text }: { text: string }) {
  return <p className="text-12 text-ink-2">{text}</p>;
}
