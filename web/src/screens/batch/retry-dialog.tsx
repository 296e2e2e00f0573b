import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from '../../data/api.ts';
import { batchQuery } from '../../data/batches.ts';
import { formatAbout } from '../../data/format.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { ErrorState, Loading } from '../../ui/states.tsx';
import { messages } from './messages.ts';

interface RetryDialogProps {
  id: string;
  /** Which failed rows run again. */
  asked: { codes?: string[]; row?: number };
  /** How many rows the person saw; another number is refused. Undefined for one row. */
  count?: number | undefined;
  title: string;
  onClose: () => void;
}

/** Says what it costs to run failed rows again, and does it. */
export function RetryDialog({ id, asked, count, title, onClose }: RetryDialogProps) {
  const client = useQueryClient();
  const params = { path: { id } };
  const estimate = useQuery({
    queryKey: ['retry', id, asked, count],
    queryFn: () => bodyOf(api.POST('/v1/batches/{id}/retry/estimate', { params, body: asked })),
    retry: false,
  });
  const cost = estimate.data?.estimate?.cost_usd ?? null;
  const retry = useMutation({
    mutationFn: (): Promise<Schemas['Batch']> => {
      const accepted = cost === null ? {} : { accepted_usd: cost.high };
      const expected = count === undefined ? {} : { expected_rows: count };
      return bodyOf(api.POST('/v1/batches/{id}/retry', { params, body: { ...asked, ...expected, ...accepted } }));
    },
    // A refused number is an old one: the new one is read.
    onError: () => void client.invalidateQueries({ queryKey: ['rows', id] }),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: batchQuery(id).queryKey });
      await client.invalidateQueries({ queryKey: ['rows', id] });
    },
  });
  return (
    <Dialog
      open
      onClose={onClose}
      title={title}
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
  );
}
