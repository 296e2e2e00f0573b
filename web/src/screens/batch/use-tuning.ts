import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from '../../data/api.ts';
import { type BatchReport, batchQuery } from '../../data/batches.ts';

/** Changes settings of a running batch; its report has them at once, its owner within two seconds. */
export function useTuning(batch: BatchReport, onDone?: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Schemas['BatchSettings']): Promise<BatchReport> =>
      bodyOf(api.PATCH('/v1/batches/{id}', { params: { path: { id: batch.batch_id } }, body })),
    onSuccess: (report) => {
      client.setQueryData(batchQuery(batch.batch_id).queryKey, report);
      onDone?.();
    },
  });
}
