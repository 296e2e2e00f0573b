import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, bodyOf, type Schemas } from '../../data/api.ts';
import { batchQuery, useBatch } from '../../data/batches.ts';
import { formatAbout } from '../../data/format.ts';
import { hasEnded } from '../../data/live/messages.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { messages } from './messages.ts';

interface RetryButtonProps {
  id: string;
  /** Only failed rows with this code. */
  code: string | undefined;
  failed: Schemas['RowPage']['counts'];
}

/** Runs failed rows again, by the filter, with their number and cost. A number that changed meanwhile is refused. */
export function RetryButton({ id, code, failed }: RetryButtonProps) {
  const client = useQueryClient();
  const batch = useBatch(id).data;
  const [asks, setAsks] = useState(false);
  const count =
    code === undefined ? (failed?.failed ?? 0) : (failed?.errors.find((one) => one.code === code)?.count ?? 0);
  const codes = code === undefined ? {} : { codes: [code] };
  const params = { path: { id } };
  const estimate = useQuery({
    queryKey: ['retry', id, code, count],
    queryFn: () => bodyOf(api.POST('/v1/batches/{id}/retry/estimate', { params, body: { ...codes } })),
    enabled: asks,
    retry: false,
  });
  const cost = estimate.data?.estimate?.cost_usd ?? null;
  const retry = useMutation({
    mutationFn: () => {
      const accepted = cost === null ? {} : { accepted_usd: cost.high };
      return bodyOf(
        api.POST('/v1/batches/{id}/retry', { params, body: { ...codes, expected_rows: count, ...accepted } }),
      );
    },
    // A refused number is an old one: the new one is read.
    onError: () => void client.invalidateQueries({ queryKey: ['rows', id] }),
    onSuccess: async () => {
      setAsks(false);
      await client.invalidateQueries({ queryKey: batchQuery(id).queryKey });
      await client.invalidateQueries({ queryKey: ['rows', id] });
    },
  });
  if (count === 0 || batch === undefined || !hasEnded(batch)) return null;
  return (
    <>
      <Button writes size="small" icon="retry" label={messages.retry(count)} onClick={() => setAsks(true)} />
      <Dialog
        open={asks}
        onClose={() => setAsks(false)}
        title={messages.retryTitle(count)}
        description={cost === null ? messages.retryUnpriced : messages.retryCost(formatAbout(cost.expected, 4))}
        actions={
          <Button
            writes
            kind="primary"
            disabled={estimate.data === undefined || retry.isPending}
            label={cost === null ? messages.retryDoUnpriced : messages.retryDo(formatAbout(cost.expected, 4))}
            onClick={() => retry.mutate()}
          />
        }
      >
        {estimate.isPending && <Loading rows={1} />}
        {estimate.error !== null && <ErrorState error={estimate.error} />}
        {retry.error !== null && <ErrorState error={retry.error} kept={messages.kept} />}
      </Dialog>
    </>
  );
}
