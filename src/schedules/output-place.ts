import { AppError } from '../base/errors.ts';
import type { BatchRequest } from '../runner/contract/request/request.ts';

/** What a placeholder of an output stands for. */
export interface OutputParts {
  /** When the run was due, in milliseconds since the epoch. */
  at: number;
  /** null: the time zone of the process. */
  timeZone: string | null;
  run: number;
  /** The name of the file that is read, where one batch reads one file. */
  file?: string;
}

const PLACEHOLDER = /\{([a-z_]*)\}/g;
const OF_A_RUN = ['date', 'time', 'run'];

/**
 * Checks that the output of a saved request is another place in each run.
 * @param isTable whether the place takes a table; a collection takes the records of every run
 * @throws AppError `invalid_arguments` with the fix
 */
export function checkOutput(
  { output_uri: uri, options }: BatchRequest,
  { isPerFile, isTable }: { isPerFile: boolean; isTable: (uri: string) => boolean },
): void {
  if (uri === undefined || uri === '-') return;
  const known = [...OF_A_RUN, ...(isPerFile ? ['file'] : [])];
  const named = [...uri.matchAll(PLACEHOLDER)].map(([, name = '']) => name);
  const unknown = named.find((name) => !known.includes(name));
  const ways = known.map((name) => `{${name}}`).join(', ');
  if (unknown !== undefined) throw wrong(`{${unknown}} is no placeholder. Those of an output are ${ways}.`);
  if (!isTable(uri)) return;
  if (isPerFile && !named.includes('file'))
    throw wrong(`"${uri}" is one place for all files. Put {file} in it, or leave output_uri out.`);
  if (named.length === 0 && options?.overwrite !== true)
    throw wrong(
      `"${uri}" is taken after the first run. Put one of ${ways} in it, set options.overwrite, or leave it out.`,
    );
}

/** The output of one run. */
export function outputOf(uri: string, { at, timeZone, run, file }: OutputParts): string {
  const [date = '', time = ''] = new Intl.DateTimeFormat('sv', {
    ...{ dateStyle: 'short', timeStyle: 'medium' },
    ...(timeZone !== null && { timeZone }),
  })
    .format(new Date(at))
    .split(' ');
  const values: Record<string, string> = { date, time: time.replaceAll(':', '-'), run: String(run) };
  if (file !== undefined) values['file'] = stem(file);
  return uri.replaceAll(PLACEHOLDER, (whole, name: string) => values[name] ?? whole);
}

/** The name of a file without its extensions; the folders of a pattern become parts of it. */
function stem(file: string): string {
  return file
    .replace(/(\.(gz|zst))?$/i, '')
    .replace(/\.\w+$/, '')
    .replaceAll('/', '-');
}

function wrong(message: string): AppError {
  const place = 'action.request.output_uri';
  return new AppError('invalid_arguments', `${place}: ${message}`, { faults: [{ place, message }] });
}
