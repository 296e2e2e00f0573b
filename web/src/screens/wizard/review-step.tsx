import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api, bodyOf, type Schemas } from '../../data/api.ts';
import { formatAbout } from '../../data/format.ts';
import { Button } from '../../ui/button.tsx';
import { EmptyState, ErrorState, Loading } from '../../ui/states.tsx';
import { useDraft } from './draft/open-draft.ts';
import { usePlan, useRequest } from './draft/use-plan.ts';
import { messages } from './messages.ts';
import { Guidance } from './review/guidance.tsx';
import { ScheduleDraft } from './review/schedule-draft.tsx';
import { Settings } from './review/settings.tsx';
import { Ways } from './review/ways.tsx';
import { LaterDifference } from './schema/later-difference.tsx';
import { StepFrame } from './step-frame.tsx';
import { useAnalysis } from './table/use-table.ts';
import { useProgress } from './use-progress.ts';

/** What it will cost, and the start. */
export function ReviewStep() {
  const { request } = useDraft();
  const plan = usePlan();
  const start = useStart(plan.data);
  const counted = useRows();
  const rows = plan.data?.row_count ?? counted;
  const cost = plan.data?.estimate?.cost_usd ?? null;
  const rowsText = rows === undefined ? messages.counting : messages.rows(rows);
  const label =
    plan.data === undefined
      ? messages.review.startLater(rowsText)
      : cost === null
        ? messages.review.startUnpriced(rowsText)
        : messages.review.start(rowsText, formatAbout(cost.expected));
  return (
    <StepFrame
      step="review"
      onMain={start.canStart ? start.begin : undefined}
      main={
        <Button
          kind="primary"
          size="large"
          className="max-sm:ml-auto"
          writes
          label={label}
          busy={start.isStarting && messages.review.starting}
          disabled={!start.canStart}
          why={start.why}
          onClick={start.begin}
        />
      }
    >
      {request.csv_uri === undefined ? (
        <EmptyState title={messages.data.needsTable} />
      ) : (
        <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)_344px] max-lg:block max-lg:flex-none">
          <div className="min-w-0 overflow-auto max-lg:overflow-visible">
            {start.error !== null && <ErrorState error={start.error} kept={messages.review.kept} />}
            {plan.error !== null && <ErrorState error={plan.error} onRetry={() => plan.refetch()} />}
            <LaterDifference />
            {plan.data === undefined ? <Loading rows={8} rowHeight={48} /> : <Ways plan={plan.data} />}
          </div>
          <aside className="grid content-start gap-4 overflow-auto border-line border-l p-4 max-lg:overflow-visible max-lg:border-t max-lg:border-l-0">
            <Settings plan={plan.data} />
            <Guidance plan={plan.data} />
            <ScheduleDraft />
          </aside>
        </div>
      )}
    </StepFrame>
  );
}

function useRows(): number | undefined {
  const { request } = useDraft();
  return useAnalysis(request).data?.row_count;
}

/** Starting the batch, once: a second start of the same draft is answered with the first batch. */
function useStart(plan: Schemas['Plan'] | undefined) {
  const { draft } = useDraft();
  const request = useRequest();
  const { blocks } = useProgress();
  const navigate = useNavigate();
  const client = useQueryClient();
  const start = useMutation({
    mutationFn: async () => {
      if (request === undefined) throw new Error(messages.review.problems);
      await draft.flush();
      const options = { ...request.options, idempotency_key: draft.id };
      const spending = plan?.spending_usd ?? null;
      const body = { ...request, options, ...(spending !== null && { accepted_usd: spending }) };
      return bodyOf(api.POST('/v1/batches', { body, headers: { 'idempotency-key': draft.id } }));
    },
    onSuccess: async ({ batch_id: id }) => {
      await api.DELETE('/v1/drafts/{id}', { params: { path: { id: draft.id } } });
      void client.invalidateQueries({ queryKey: ['batches'] });
      await navigate({ to: '/batches/$id/rows', params: { id } });
    },
  });
  const block = blocks.data ?? blocks.prompt ?? blocks.schema ?? plan?.problems[0]?.message;
  const isStarting = start.isPending || start.isSuccess;
  return {
    begin: () => {
      if (!isStarting) start.mutate();
    },
    canStart: request !== undefined && plan !== undefined && block === undefined && !isStarting,
    why: block,
    isStarting,
    error: start.error,
  };
}
