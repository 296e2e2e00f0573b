import { useMutation, useQueryClient } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { api, bodyOf } from '../../data/api.ts';
import { type BatchReport, batchQuery } from '../../data/batches.ts';
import { hasEnded } from '../../data/live/messages.ts';
import { Button } from '../../ui/button.tsx';
import { LaterDialog } from '../../ui/later-dialog.tsx';
import { ErrorState } from '../../ui/states.tsx';
import { Concurrency } from './concurrency.tsx';
import { messages } from './messages.ts';

const ExportDialog = lazy(() => import('./export-dialog.tsx').then((found) => ({ default: found.ExportDialog })));

type Act = 'pause' | 'resume' | 'cancel';

/** Pause, resume, cancel, export. */
export function BatchActions({ batch }: { batch: BatchReport }) {
  const client = useQueryClient();
  const [asks, setAsks] = useState<'cancel' | 'export'>();
  const params = { path: { id: batch.batch_id } };
  const act = useMutation({
    mutationFn: async (what: Act): Promise<BatchReport> => {
      if (what === 'pause') return bodyOf(api.POST('/v1/batches/{id}/pause', { params }));
      if (what === 'cancel') return bodyOf(api.POST('/v1/batches/{id}/cancel', { params }));
      const high = batch.estimate_rest?.cost_usd?.high;
      return bodyOf(
        api.POST('/v1/batches/{id}/resume', { params, body: high === undefined ? {} : { accepted_usd: high } }),
      );
    },
    onSuccess: (report) => {
      client.setQueryData(batchQuery(batch.batch_id).queryKey, report);
      void client.invalidateQueries({ queryKey: ['rows', batch.batch_id] });
      setAsks(undefined);
    },
  });
  const isOver = hasEnded(batch);
  return (
    <>
      {!isOver && batch.status !== 'collecting' && <Concurrency batch={batch} />}
      {batch.status === 'running' && (
        <Button
          writes
          icon="paused"
          label={messages.pause}
          disabled={act.isPending}
          onClick={() => act.mutate('pause')}
        />
      )}
      {batch.status === 'paused' && (
        <Button
          writes
          kind="primary"
          icon="play"
          label={messages.resume}
          disabled={act.isPending}
          onClick={() => act.mutate('resume')}
        />
      )}
      {!isOver && <Button writes kind="danger" label={messages.cancel} onClick={() => setAsks('cancel')} />}
      <Button icon="download" label={messages.export} onClick={() => setAsks('export')} />
      <LaterDialog
        open={asks === 'cancel'}
        onClose={() => setAsks(undefined)}
        title={messages.cancelTitle}
        description={messages.cancelText}
        actions={
          <Button
            writes
            kind="danger"
            label={messages.cancelDo}
            disabled={act.isPending}
            onClick={() => act.mutate('cancel')}
          />
        }
      />
      <Suspense>{asks === 'export' && <ExportDialog batch={batch} onClose={() => setAsks(undefined)} />}</Suspense>
      <LaterDialog open={act.error !== null} onClose={() => act.reset()} title={messages.kept}>
        {act.error !== null && <ErrorState error={act.error} />}
      </LaterDialog>
    </>
  );
}
