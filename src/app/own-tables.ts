import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, parse, resolve } from 'node:path';
import type { Log } from '../base/log.ts';
import type { Transfer } from '../cli/transfer.ts';
import { createByteLocations, isTableName } from '../tables/locations/byte-locations.ts';
import { createFileStore } from '../tables/locations/files/file-locations.ts';
import { type ListedFile, listFiles } from '../tables/locations/files/list-files.ts';
import { copyStdin, createStdinStore } from '../tables/locations/stdin-locations.ts';
import type { Tables } from '../tables/table.ts';
import { createTables } from '../tables/tables.ts';

/** Opens tables for commands that read them themselves. A stream is copied to a folder first. */
export function ownTableOf({ tables, folder }: { tables: Tables; folder: string }): Transfer['own'] {
  return async (from, reading, signal) => {
    const copy = typeof from === 'string' ? undefined : await copyStdin(from, folder, signal);
    const uri = typeof from === 'string' ? from : (copy?.uri ?? '');
    return {
      open: () => tables.openSource(uri, { reading, signal }),
      remove: async () => copy?.remove(),
    };
  };
}

/** As {@link ownTableOf}, for the files of this machine and without a data directory. */
export function ownTableOfMachine(log: Log): Transfer['own'] {
  return async (from, reading, signal) => {
    const folder = await mkdtemp(join(tmpdir(), 'rowmill-'));
    const remove = () => rm(folder, { recursive: true, force: true });
    const locations = [createFileStore(), createStdinStore(folder)].map((one) => createByteLocations(one));
    const tables = createTables({ roots: [parse(folder).root], locations, log });
    try {
      const { open } = await ownTableOf({ tables, folder })(from, reading, signal);
      return { open, remove };
    } catch (thrown) {
      await remove();
      throw thrown;
    }
  };
}

/** The tables of a folder or pattern of this machine, in order; undefined for a single file. */
export async function listTables(path: string): Promise<ListedFile[] | undefined> {
  const absolute = resolve(path);
  return listFiles(absolute, [parse(absolute).root], isTableName);
}
