import type { Reading } from '../reading.ts';
import type { TableWarning } from '../row-source.ts';

/** How one of several files is read. */
export interface FileReading {
  name: string;
  reading: Reading;
}

const SHOWN_FILES = 5;

/** What all files have in common; fields in which they differ are left out, so that each file is detected again. */
export function commonReading(files: readonly FileReading[]): Reading {
  const [first] = files;
  const common: [string, unknown][] = Object.entries(first?.reading ?? {});
  return Object.fromEntries(common.filter(([field]) => !differs(files, field as keyof Reading))) as Reading;
}

/** A warning for each field in which the files differ. */
export function readingDifferences(files: readonly FileReading[]): TableWarning[] {
  const fields = ['encoding', 'delimiter', 'quote'] as const;
  return fields
    .filter((field) => differs(files, field))
    .map((field) => {
      const groups = Map.groupBy(files, ({ reading }) => JSON.stringify(reading[field] ?? 'none'));
      const parts = [...groups].map(([value, ones]) => `${value} in ${filesInWords(ones)}`);
      return {
        code: 'files_differ',
        message: `The files differ in their ${field}: ${parts.join('; ')}. Each is read as detected; --${field} (reading.${field}) holds for all of them.`,
      };
    });
}

function differs(files: readonly FileReading[], field: keyof Reading): boolean {
  return files.some(({ reading }) => reading[field] !== files[0]?.reading[field]);
}

function filesInWords(files: readonly FileReading[]): string {
  const shown = files.slice(0, SHOWN_FILES).map(({ name }) => name);
  const more = files.length > SHOWN_FILES ? ` and ${files.length - SHOWN_FILES} more` : '';
  return `${shown.join(', ')}${more}`;
}
