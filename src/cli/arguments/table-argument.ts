import type { App } from '../app.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { listenForStop } from '../signals.ts';
import { locationArgument } from './mapping-arguments.ts';

/** The argument that stands for stdin or stdout. */
export const STREAM = '-';

/** The help of an argument that names a table. */
export const TABLE_ARGUMENT =
  'path, s3:// or https:// URI of a CSV, TSV, JSONL, JSON, XLSX or Parquet file, or of a folder/ or pattern of files; - is stdin';

/** A table that a command reads. */
export interface TableArgument {
  uri: string;
  /** Deletes the copy of the table, if one was made. Idempotent. */
  release(): Promise<void>;
}

/** The table that an argument names; `-` is stdin, which is copied into the data directory first. */
export async function tableArgument(
  table: string,
  app: App,
  { context, output }: { context: CommandContext; output: Output },
): Promise<TableArgument> {
  const { io } = context;
  if (table !== STREAM) {
    const { uri, remove } = await app.transfer.send(locationArgument(table, io.cwd));
    return { uri, release: remove };
  }
  if (io.isTTY.stdin) output.note('Reading the table from the terminal; Ctrl-D ends it.');
  const stop = listenForStop(context.signals, { onFirst: () => output.note('Stopping.'), onSecond: () => undefined });
  try {
    const { uri, remove } = await app.copyStdin(io.stdin, stop.signal);
    return { uri, release: remove };
  } finally {
    stop.close();
  }
}
