import type { Source, TableProfile } from './table.ts';

export async function profileSource(
  source: Source,
  _options: { sampleRows?: number; signal?: AbortSignal },
): Promise<TableProfile> {
  throw new Error(`not yet ${source.uri}`);
}
