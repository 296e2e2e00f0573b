import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from '../../../data/api.ts';
import { useSettled } from '../../../data/use-settled.ts';
import { useRequest } from '../draft/use-plan.ts';

const SETTLE_MS = 250;

/** What one row sends to the model, made by the code that runs it. Follows the typing; calls no model. */
export function useRendered(row: number) {
  const asked = useSettled(useRequest(), SETTLE_MS);
  const body = asked && {
    ...{ csv_uri: asked.csv_uri, target: asked.target, row },
    ...(asked.reading !== undefined && { reading: asked.reading }),
    ...(asked.input_mapping !== undefined && { input_mapping: asked.input_mapping }),
  };
  return useQuery({
    queryKey: ['rendered', body],
    queryFn: ({ signal }): Promise<Schemas['RenderedRow']> =>
      bodyOf(api.POST('/v1/tables/render', { body: body as Schemas['RenderRequest'], signal })),
    enabled: body !== undefined,
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  });
}
