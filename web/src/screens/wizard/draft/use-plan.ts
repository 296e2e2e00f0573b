import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from '../../../data/api.ts';
import { useSettled } from '../../../data/use-settled.ts';
import { useKnownNames } from '../prompt/use-known-names.ts';
import { type BatchRequest, requestOf } from './draft-request.ts';
import { useDraft } from './open-draft.ts';

const SETTLE_MS = 600;

/** The request that the open draft stands for; undefined while it is not complete. */
export function useRequest(): BatchRequest | undefined {
  const { request } = useDraft();
  const { columns, used, unknown } = useKnownNames();
  return columns.length === 0 || unknown.length > 0 ? undefined : requestOf(request, used);
}

/** What the batch of the open draft would cost, read again when the draft has rested. It spends nothing. */
export function usePlan() {
  const request = useSettled(useRequest(), SETTLE_MS);
  return useQuery({
    queryKey: ['plan', request],
    queryFn: ({ signal }): Promise<Schemas['Plan']> =>
      bodyOf(api.POST('/v1/estimates', { body: request as BatchRequest, signal })),
    enabled: request !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  });
}
