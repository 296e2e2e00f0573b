import { useQuery } from '@tanstack/react-query';
import { api, bodyOf } from './api.ts';
import { tableName } from './batch-state.ts';

const MOST = 200;

/** The name of a table as a person knows it: of an upload the name of its file, else the last part of its address. */
export function useTableName(uri: string): string {
  const { data: names } = useQuery({
    queryKey: ['upload names'],
    queryFn: async ({ signal }) => {
      const { items } = await bodyOf(api.GET('/v1/uploads', { params: { query: { limit: MOST } }, signal }));
      return new Map(items.map((upload) => [upload.uri, upload.name]));
    },
    enabled: uri.startsWith('upload:'),
    staleTime: 60_000,
  });
  return names?.get(uri) ?? tableName(uri);
}
