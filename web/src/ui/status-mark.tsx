import { shared } from '../messages/shared.ts';
import { classNames } from './class-names.ts';
import { Icon, type IconName } from './icon.tsx';

/** What a row or a batch is doing; each has a shape, a word and a colour. */
export type Status =
  | 'succeeded'
  | 'failed'
  | 'running'
  | 'at-provider'
  | 'queued'
  | 'paused'
  | 'needs-you'
  | 'cancelled';

const LOOKS: { [status in Status]: { icon: IconName; word: string; mark: string; text: string } } = {
  succeeded: { icon: 'succeeded', word: shared.status.succeeded, mark: 'text-ok', text: 'text-ink-2' },
  failed: { icon: 'failed', word: shared.status.failed, mark: 'text-bad', text: 'text-bad' },
  running: { icon: 'running', word: shared.status.running, mark: 'text-accent', text: 'text-accent' },
  'at-provider': { icon: 'at-provider', word: shared.status.atProvider, mark: 'text-accent', text: 'text-accent' },
  queued: { icon: 'queued', word: shared.status.queued, mark: 'text-ink-3', text: 'text-ink-3' },
  paused: { icon: 'paused', word: shared.status.paused, mark: 'text-warn', text: 'text-warn' },
  'needs-you': { icon: 'needs-you', word: shared.status.needsYou, mark: 'text-warn', text: 'text-warn' },
  cancelled: { icon: 'cancelled', word: shared.status.cancelled, mark: 'text-ink-3', text: 'text-ink-3' },
};

/** A status as shape and word. `word` replaces the usual one, such as "Completed" for a batch. */
export function StatusMark({ status, word, plain = false }: { status: Status; word?: string; plain?: boolean }) {
  const look = LOOKS[status];
  return (
    <span
      className={classNames('inline-flex items-center gap-1.5 whitespace-nowrap', look.text, !plain && 'font-medium')}
    >
      <StatusIcon status={status} />
      {word ?? look.word}
    </span>
  );
}

/** The shape and colour of a status, where its word stands beside it. */
export function StatusIcon({ status }: { status: Status }) {
  const { icon, mark } = LOOKS[status];
  return <Icon name={icon} className={classNames('size-3.5', mark)} />;
}
