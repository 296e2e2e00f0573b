import { oneLine } from './safe-text.ts';

/** The short name of a table: its file, its folder with a slash, or `stdin`. */
export function tableName(uri: string): string {
  if (uri.startsWith('stdin://')) return 'stdin';
  return oneLine(/[^/]*\/?$/.exec(uri)?.[0] ?? uri);
}
