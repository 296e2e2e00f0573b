import { lazy, Suspense, useState } from 'react';
import type { Schemas } from '../../data/api.ts';
import { useBatch } from '../../data/batches.ts';
import { hasEnded } from '../../data/live/messages.ts';
import { Button } from '../../ui/button.tsx';
import { messages } from './messages.ts';

const RetryDialog = lazy(() => import('./retry-dialog.tsx').then((found) => ({ default: found.RetryDialog })));

interface RetryButtonProps {
  id: string;
  /** Only failed rows with this code. */
  code: string | undefined;
  failed: Schemas['RowPage']['counts'];
}

/** Runs failed rows again, by the filter, with their number and cost. A number that changed meanwhile is refused. */
export function RetryButton({ id, code, failed }: RetryButtonProps) {
  const batch = useBatch(id).data;
  // The number that the person saw when they asked: live reports do not change it.
  const [asked, setAsked] = useState<number>();
  const count =
    code === undefined ? (failed?.failed ?? 0) : (failed?.errors.find((one) => one.code === code)?.count ?? 0);
  const canAsk = count > 0 && batch !== undefined && hasEnded(batch);
  return (
    <>
      {canAsk && (
        <Button writes size="small" icon="retry" label={messages.retry(count)} onClick={() => setAsked(count)} />
      )}
      <Suspense>
        {asked !== undefined && (
          <RetryDialog
            id={id}
            asked={code === undefined ? {} : { codes: [code] }}
            count={asked}
            title={messages.retryTitle(asked)}
            onClose={() => setAsked(undefined)}
          />
        )}
      </Suspense>
    </>
  );
}
