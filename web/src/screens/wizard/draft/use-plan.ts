import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { api, bodyOf, type Schemas } from '../../../data/api.ts';
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
  const request = useSettled(useRequest());
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

/** A value once it has rested for a while; the first one at once. */
export function useSettled<Value>(value: Value, ms: number = SETTLE_MS): Value {
  const [settled, settle] = useState(value);
  const key = JSON.stringify(value);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text is the value
  useEffect(() => {
    const timer = setTimeout(() => settle(value), ms);
    return () => clearTimeout(timer);
  }, [key, ms]);
  return settled;
}
