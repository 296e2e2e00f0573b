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
  const [asks, setAsks] = useState(false);
  const count =
    code === undefined ? (failed?.failed ?? 0) : (failed?.errors.find((one) => one.code === code)?.count ?? 0);
  if (count === 0 || batch === undefined || !hasEnded(batch)) return null;
  return (
    <>
      <Button writes size="small" icon="retry" label={messages.retry(count)} onClick={() => setAsks(true)} />
      <Suspense>
        {asks && (
          <RetryDialog
            id={id}
            asked={code === undefined ? {} : { codes: [code] }}
            count={count}
            title={messages.retryTitle(count)}
            onClose={() => setAsks(false)}
          />
        )}
      </Suspense>
    </>
  );
}
