import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, bodyOf, type Schemas } from '../../../data/api.ts';
import { useBatch } from '../../../data/batches.ts';
import { hasEnded } from '../../../data/live/messages.ts';
import { useDraft } from '../draft/open-draft.ts';
import { useRequest } from '../draft/use-plan.ts';
import { usePreview } from '../table/use-table.ts';

/** How many rows a test runs. */
export const TEST_ROWS = 3;

/** Runs the agent of the open draft over the first readable rows: a batch of its own, in real time, at its real price. */
export function useTestRows() {
  const { request } = useDraft();
  const preview = usePreview(request).data;
  const asked = useRequest();
  const [batchId, setBatchId] = useState<string>();
  const start = useMutation({
    mutationFn: async (most: number | null): Promise<Schemas['Batch']> => {
      if (asked === undefined || preview === undefined) throw new Error('The draft is not complete.');
      const { csv_uri: _, output_uri: __, output_mapping: ___, continues: ____, options: _____, name, ...rest } = asked;
      const rows = preview.rows.filter(({ fault }) => fault === null).slice(0, TEST_ROWS);
      const options = { mode: 'realtime' as const };
      const body = { ...rest, columns: preview.columns, name: `Test: ${name ?? ''}`.slice(0, 200), options };
      const { batch_id: id } = await bodyOf(api.POST('/v1/batches', { body }));
      const params = { path: { id } };
      await bodyOf(api.POST('/v1/batches/{id}/rows', { params, body: { rows: rows.map(({ cells }) => cells) } }));
      return bodyOf(
        api.POST('/v1/batches/{id}/run', { params, body: { ...(most !== null && { accepted_usd: most }) } }),
      );
    },
    onSuccess: ({ batch_id: id }) => setBatchId(id),
  });
  return { start, batchId };
}

/** The rows of a test, as they end. */
export function useTestResult(batchId: string) {
  const batch = useBatch(batchId);
  const isDone = batch.data !== undefined && hasEnded(batch.data);
  const rows = useQuery({
    queryKey: ['test rows', batchId, isDone],
    queryFn: ({ signal }) => {
      const query = { sort: 'row', place: 0, limit: TEST_ROWS } as const;
      const params = { path: { id: batchId }, query };
      return bodyOf(api.GET('/v1/batches/{id}/rows', { params, signal })) as Promise<Schemas['RowPage']>;
    },
    enabled: isDone,
  });
  return { batch: batch.data, isDone, rows };
}
