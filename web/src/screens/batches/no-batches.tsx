import { Link, useNavigate } from '@tanstack/react-router';
import { type DragEvent, useState } from 'react';
import { Screen } from '../../app/screen.tsx';
import { keepDroppedFile } from '../../data/dropped-file.ts';
import { buttonClass } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/states.tsx';
import { DraftList } from './drafts-menu.tsx';
import { messages } from './messages.ts';

/** The first visit: what this is for, and one action. A table may also be dropped anywhere on it. */
export function NoBatches() {
  const navigate = useNavigate();
  const [isOver, setOver] = useState(false);
  const over = (event: DragEvent) => {
    event.preventDefault();
    setOver(event.type === 'dragover');
  };
  return (
    <Screen title={messages.title}>
      <section
        aria-label={messages.empty.title}
        className="min-h-0 flex-1 overflow-auto"
        onDragOver={over}
        onDragLeave={over}
        onDrop={(event) => {
          over(event);
          const [file] = event.dataTransfer.files;
          if (file === undefined) return;
          keepDroppedFile(file);
          void navigate({ to: '/new' });
        }}
      >
        <EmptyState title={messages.empty.title}>
          <p>{messages.empty.text}</p>
          <div
            className={`mt-6 flex items-center gap-4 rounded-3 border border-dashed p-6 max-sm:flex-col max-sm:items-start ${isOver ? 'border-accent bg-accent-tint' : 'border-line-field'}`}
          >
            <TablePicture />
            <div className="min-w-0 grow">
              <div className="font-medium text-ink">{messages.empty.drop}</div>
              <div className="text-12 text-ink-3">{messages.empty.formats}</div>
            </div>
            <Link to="/new" className={buttonClass({ kind: 'primary' })}>
              {messages.empty.action}
            </Link>
          </div>
          <p className="mt-4 text-12 text-ink-3">{messages.empty.note}</p>
          <DraftList />
        </EmptyState>
      </section>
    </Screen>
  );
}

function TablePicture() {
  return (
    <svg viewBox="0 0 56 56" aria-hidden="true" className="size-14 flex-none fill-none stroke-line-field">
      <rect x=".5" y="6.5" width="55" height="43" rx="3" />
      <path d="M.5 17.5h55M20.5 6.5v43M.5 28.5h55M.5 39.5h55" />
      <rect x="36" y="18" width="19" height="10" className="fill-accent-tint stroke-none" />
      <rect x="36" y="29" width="19" height="10" className="fill-accent-tint stroke-none" />
      <path d="M38.5 6.5v43" className="stroke-accent" />
    </svg>
  );
}
