import { queryOptions, useMutation, useQuery } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from './api.ts';

/** The agents of the registry, and the saved ones, every version, the newest first. */
export function useAgents() {
  return useQuery({
    queryKey: ['agents'],
    queryFn: async ({ signal }) => (await bodyOf(api.GET('/v1/agents', { signal }))).items,
    staleTime: 30_000,
  });
}

/** One agent; `agent` is its name, or name@version. */
export function agentQuery(agent: string) {
  return queryOptions({
    queryKey: ['agent', agent],
    queryFn: ({ signal }): Promise<Schemas['AgentDetails']> =>
      bodyOf(api.GET('/v1/agents/{agent}', { params: { path: { agent } }, signal })),
    staleTime: 30_000,
  });
}

/** What a run of one input needs. */
export interface Trial {
  agent: string;
  given: { message: string } | { input: { [column: string]: unknown } };
  signal: AbortSignal;
}

/** Runs an agent once. A run that fails is a result. */
export function useTryAgent() {
  return useMutation({
    mutationFn: ({ agent, given, signal }: Trial): Promise<Schemas['TriedRun']> =>
      bodyOf(api.POST('/v1/agents/{agent}/try', { params: { path: { agent } }, body: given, signal })),
  });
}

/** What sending a text costs, in dollars, and each million tokens of the answer; null where the price is unknown. */
export function usePriceOf({ text, model }: { text: string; model: string }) {
  return useQuery({
    queryKey: ['price of', model, text],
    queryFn: async ({ signal }) => {
      const provider = model.slice(0, model.indexOf('/'));
      const [{ tokens }, { items }] = await Promise.all([
        bodyOf(api.POST('/v1/tokens', { body: { text, provider }, signal })),
        bodyOf(api.GET('/v1/prices', { params: { query: { model: [model] } }, signal })),
      ]);
      const price = items[0]?.realtime ?? null;
      return {
        tokens,
        inputUsd: price?.input == null ? null : (tokens * price.input) / 1e6,
        outputUsdPerMillion: price?.output ?? null,
      };
    },
    staleTime: 60_000,
  });
}
