import { type ReactNode, useEffect, useState } from 'react';
import { connection } from '../data/connection.ts';
import { formatTime } from '../data/format.ts';
import { ProblemError } from '../data/problem-error.ts';
import { useStore } from '../data/store.ts';
import { shared } from '../messages/shared.ts';
import { Button } from './button.tsx';
import { Icon } from './icon.tsx';

const LOADING_AFTER_MS = 200;

/** Nothing is here yet: one sentence, one action. */
export function EmptyState({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="mx-auto mt-22 w-full max-w-140 px-4 max-sm:mt-10">
      <h2 className="mb-1 font-semibold text-20 tracking-[-.015em]">{title}</h2>
      {children !== undefined && <div className="text-ink-2">{children}</div>}
      {action !== undefined && <div className="mt-6">{action}</div>}
    </div>
  );
}

interface ErrorStateProps {
  error: Error;
  onRetry?: (() => void) | undefined;
  /** What was kept, such as "Nothing was started." */
  kept?: string | undefined;
}

/** Something failed: its cause, its fix, what was kept, Retry, and an id. */
export function ErrorState({ error, onRetry, kept }: ErrorStateProps) {
  const problem = error instanceof ProblemError ? error : undefined;
  return (
    <div role="alert" className="mx-4 my-4 flex max-w-180 gap-2 border-bad border-l-3 bg-bad-tint px-3 py-2 text-12">
      <Icon name="failed" className="mt-px size-3.5 text-bad" />
      <div className="min-w-0 grow">
        <p className="font-semibold text-ink text-13 [overflow-wrap:anywhere]">{error.message}</p>
        {problem?.fix !== undefined && !error.message.includes(problem.fix) && (
          <p className="text-ink-2 [overflow-wrap:anywhere]">{problem.fix}</p>
        )}
        {kept !== undefined && <p className="text-ink-2">{kept}</p>}
        <p className="mt-1 text-ink-2">
          <code className="text-11">{problem?.code ?? error.name}</code>
          {problem?.requestId !== undefined && (
            <>
              {' '}
              · {shared.error.id} <code className="text-11">{problem.requestId}</code>
            </>
          )}
        </p>
      </div>
      {onRetry !== undefined && <Button size="small" icon="retry" label={shared.error.retry} onClick={onRetry} />}
    </div>
  );
}

/** Grey bars in the place of rows of text, at their final height; they appear after 200 ms. */
export function Loading({ rows = 3, rowHeight = 32 }: { rows?: number; rowHeight?: number }) {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), LOADING_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label={shared.loading} style={{ minHeight: rows * rowHeight }}>
      {isSlow &&
        Array.from({ length: rows }, (_, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all the same
          <div key={row} className="flex items-center px-4" style={{ height: rowHeight }}>
            <div className="h-2 rounded-1 bg-bar-rest" style={{ width: `${30 + ((row * 37) % 50)}%` }} />
          </div>
        ))}
    </div>
  );
}

/** Marks old data that could not be read again: "as of 14:41". Shows nothing while the data is fresh. */
export function Stale({ query }: { query: { dataUpdatedAt: number; isError: boolean } }) {
  const isApart = useStore(connection) !== 'connected';
  if (query.dataUpdatedAt === 0 || !(query.isError || isApart)) return null;
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap text-12 text-warn">
      <Icon name="clock" className="size-3.5" />
      {shared.asOf(formatTime(query.dataUpdatedAt))}
    </span>
  );
}
