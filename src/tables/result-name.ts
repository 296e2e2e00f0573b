import { formatOfName, writtenFormat } from './formats/format.ts';

/** Longest file name in bytes, with room for the suffix of its temporary file. */
const LONGEST_NAME = 180;

/**
 * The name of a result table: `people.csv` and `greeter` give `people.greeter.csv`, then `people.greeter-2.csv` and so on.
 * The format is that of the source; CSV where that one can't be written. Undefined where the name is too long.
 */
export function resultName(source: string, label: string, number: number): string | undefined {
  const { format, compression, extension } = formatOfName(source);
  const lower = source.toLowerCase();
  const at = extension === '' || format === undefined ? source.length : lower.lastIndexOf(extension);
  const canBeWritten = format !== undefined && isWritten(source);
  const ending = canBeWritten ? source.slice(at) : '.csv';
  const stem =
    compression !== 'none' && format === undefined ? source.slice(0, source.lastIndexOf('.')) : source.slice(0, at);
  const safe = label.replaceAll(/[^\p{L}\p{N}._-]/gu, '-');
  const name = `${stem}.${safe}${number === 1 ? '' : `-${number}`}${ending}`;
  return Buffer.byteLength(name) > LONGEST_NAME ? undefined : name;
}

function isWritten(name: string): boolean {
  try {
    writtenFormat(name, name);
    return true;
  } catch {
    // A workbook with macros, for example: it can be read only.
    return false;
  }
}
