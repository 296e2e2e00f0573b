import type { Tables } from '../tables/table.ts';

/**
 * The tables as one caller may read them.
 * @param check rejects for a source that is not the caller's; called before each source is opened
 */
export function callerTables(tables: Tables, check: (uri: string) => Promise<void>): Tables {
  return {
    ...tables,
    within: (roots) => callerTables(tables.within(roots), check),
    async openSource(uri, options) {
      await check(uri);
      return tables.openSource(uri, options);
    },
    async profile(uri, options) {
      await check(uri);
      return tables.profile(uri, options);
    },
  };
}
