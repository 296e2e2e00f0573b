import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, bodyOf, type Schemas } from './api.ts';

/** The keys of the server; only an admin may read them. */
export function useKeys(isAllowed: boolean) {
  return useQuery({
    queryKey: ['keys'],
    queryFn: async ({ signal }) => (await bodyOf(api.GET('/v1/keys', { signal }))).items,
    enabled: isAllowed,
  });
}

/**
 * Makes a key. The first key of a server that asked for none signs this browser in, because the server asks for one from
 * then on.
 */
export function useCreateKey(isFirst: boolean) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: Schemas['KeyRequest']) => {
      const created = await bodyOf(api.POST('/v1/keys', { body }));
      if (isFirst) await bodyOf(api.POST('/v1/session', { body: { key: created.secret } }));
      return created;
    },
    onSuccess: () =>
      client.invalidateQueries({ predicate: ({ queryKey: [name] }) => name === 'keys' || name === 'session' }),
  });
}

/** Revokes a key, by its id. */
export function useRevokeKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (key: string) => bodyOf(api.DELETE('/v1/keys/{key}', { params: { path: { key } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['keys'] }),
  });
}
