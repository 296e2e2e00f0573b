import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from '../../../data/api.ts';
import type { DraftRequest } from '../draft/draft-request.ts';

/** How many rows the Data step shows. */
const SHOWN_ROWS = 20;
/** How many rows are searched for the longest and the emptiest. */
export const SEARCHED_ROWS = 1000;

/** The query of the first rows of a draft's table. */
export function previewQuery({ csv_uri: table, reading = {} }: DraftRequest, limit: number) {
  return queryOptions({
    queryKey: ['preview', table, reading, limit],
    queryFn: ({ signal }): Promise<Schemas['TablePreview']> =>
      bodyOf(api.POST('/v1/tables/preview', { body: { csv_uri: table ?? '', reading, limit }, signal })),
    enabled: table !== undefined,
    staleTime: 60_000,
    retry: false,
  });
}

/** The first rows of a draft's table. */
export function usePreview(request: DraftRequest) {
  return useQuery({ ...previewQuery(request, SHOWN_ROWS), placeholderData: keepPreviousData });
}

/** The analysis of a draft's table: the exact count, and what is in its columns. */
export function useAnalysis({ csv_uri: table, reading = {} }: DraftRequest) {
  return useQuery({
    queryKey: ['analysis', table, reading],
    queryFn: ({ signal }): Promise<Schemas['TableAnalysis']> =>
      bodyOf(api.POST('/v1/tables/analyze', { body: { csv_uri: table ?? '', reading }, signal })) as Promise<
        Schemas['TableAnalysis']
      >,
    enabled: table !== undefined,
    staleTime: 300_000,
    retry: false,
  });
}
