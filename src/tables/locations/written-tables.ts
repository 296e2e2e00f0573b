import { AppError } from '../../base/errors.ts';
import type { RowWriter, WriterOptions } from '../row-writer.ts';
import type { ListedLocation, Location } from './location.ts';

/** The tables that Rowmill wrote: `place` and `mark` of their locations. */
export interface WrittenTables {
  record(table: { place: string; mark: string | null; batchId: string | null }): Promise<void>;
  /** The batch whose table was the last to be completed at a place; null where none is known. */
  writerOf(place: string): Promise<string | null>;
  /** The places among `tables` that Rowmill wrote, by place or by mark. */
  find(tables: readonly { place: string; mark: string | null }[]): Promise<ReadonlySet<string>>;
}

/** Tables of which none is known, where nothing records them. */
export const NONE_WRITTEN: WrittenTables = {
  record: async () => undefined,
  find: async () => new Set(),
  writerOf: async () => null,
};

/**
 * The other batch whose table is at the place, where a batch may replace its own table only; undefined when there is
 * none. A table whose batch is unknown counts as its own.
 */
export async function otherWriter(
  location: Location,
  { overwrite, batchId }: Pick<WriterOptions, 'overwrite' | 'batchId'>,
  written: WrittenTables,
): Promise<string | undefined> {
  if (overwrite !== 'own') return undefined;
  const writer = await written.writerOf(await location.identity());
  return writer === null || writer === batchId ? undefined : writer;
}

/** The writer, which records its table: its place before anything is written, its mark when it is complete. */
export async function recordingWriter(
  location: Location,
  { written, batchId = null }: { written: WrittenTables; batchId?: string | null | undefined },
  open: () => Promise<RowWriter>,
): Promise<RowWriter> {
  const writer = await open();
  if (writer.kind !== 'table') return writer;
  const place = await location.identity();
  await written.record({ place, mark: null, batchId: null });
  return {
    ...writer,
    commit: async () => {
      const done = await writer.commit();
      await written.record({ place, mark: (await location.mark?.()) ?? null, batchId });
      return done;
    },
  };
}

/** The files of a folder or pattern without those that Rowmill wrote, and the names of those. */
export interface SourceFiles {
  files: ListedLocation[];
  leftOut: string[];
}

/**
 * Leaves out the files that Rowmill wrote: nobody means to pay for answers about answers.
 * @throws AppError `file_not_found` when no other file is there
 */
export async function withoutWritten(
  files: readonly ListedLocation[],
  written: WrittenTables,
  uri: string,
): Promise<SourceFiles> {
  const known: { place: string; mark: string | null }[] = [];
  for (const { location } of files) {
    known.push({ place: await location.identity(), mark: (await location.mark?.()) ?? null });
  }
  const found = await written.find(known);
  const isOwn = (at: number): boolean => found.has(known[at]?.place ?? '');
  const rest = files.filter((_, at) => !isOwn(at));
  const leftOut = files.filter((_, at) => isOwn(at)).map(({ name }) => name);
  if (rest.length > 0) return { files: rest, leftOut };
  throw new AppError(
    'file_not_found',
    `"${uri}" holds only tables that Rowmill wrote (${shown(leftOut)}). A folder or a pattern leaves them out; name one of them to run over it, or run over a copy.`,
  );
}

/** The warning about files that were left out. */
export function leftOutWarning(names: readonly string[]): string {
  const what = names.length === 1 ? '1 table that Rowmill wrote is' : `${names.length} tables that Rowmill wrote are`;
  return `${what} left out: ${shown(names)}. To run over one, name it.`;
}

function shown(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ');
}
