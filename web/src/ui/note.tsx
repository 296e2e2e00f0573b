import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';
import { Icon, type IconName } from './icon.tsx';

/** How serious a note is. */
export type NoteKind = 'plain' | 'ok' | 'warn' | 'bad';

const KINDS: { [kind in NoteKind]: { icon: IconName; frame: string; mark: string } } = {
  plain: { icon: 'info', frame: 'border-line-2 bg-surface', mark: '' },
  ok: { icon: 'succeeded', frame: 'border-ok bg-ok-tint', mark: 'text-ok' },
  warn: { icon: 'needs-you', frame: 'border-warn bg-warn-tint', mark: 'text-warn' },
  bad: { icon: 'failed', frame: 'border-bad bg-bad-tint', mark: 'text-bad' },
};

/** A sentence or two beside what they are about, with a bar at the left. */
export function Note({ kind = 'plain', children }: { kind?: NoteKind; children: ReactNode }) {
  const look = KINDS[kind];
  return (
    <div className={classNames('flex gap-2 border-l-3 px-3 py-2 text-12 text-ink-2', look.frame)}>
      <Icon name={look.icon} className={classNames('mt-px size-3.5', look.mark)} />
      <div className="min-w-0 grow [overflow-wrap:anywhere]">{children}</div>
    </div>
  );
}
