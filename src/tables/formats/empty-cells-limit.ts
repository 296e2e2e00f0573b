import { AppError } from '../../base/errors.ts';
import { bytes as sizeText } from '../../base/figures.ts';
import type { RowSource, SourceRow } from '../row-source.ts';

/** Rows up to this width are not counted: what their empty cells take is in proportion to the file. */
const USUAL_COLUMNS = 256;
/** What a stored empty cell takes, in bytes: `null,`. */
const EMPTY_CELL_BYTES = 5;

/**
 * The source with a limit on the empty cells of wide rows. A row has a cell for every column, so a small file with
 * thousands of columns and short rows would fill the disk.
 * @param maxBytes what empty cells may take when they are stored; beyond it `rows` throws AppError `table_too_large`
 */
export function limitEmptyCells<Source extends RowSource>(source: Source, maxBytes: number): Source {
  return {
    ...source,
    async *rows(signal, options) {
      let bytes = 0;
      for await (const rows of source.rows(signal, options)) {
        bytes += rows.reduce((sum, row) => sum + emptyCells(row), 0) * EMPTY_CELL_BYTES;
        if (bytes > maxBytes) throw tooEmpty(source, maxBytes);
        yield rows;
      }
    },
  };
}

function emptyCells({ cells }: SourceRow): number {
  if (cells.length <= USUAL_COLUMNS) return 0;
  let empty = 0;
  for (const cell of cells) if (cell === null || cell === '') empty += 1;
  return empty;
}

function tooEmpty({ uri, columns }: RowSource, maxBytes: number): AppError {
  const width = columns().length.toLocaleString('en-US');
  const fix = 'Keep the columns that are needed, or set ROWMILL_MAX_DECODED_GB to a higher number.';
  const what = `has ${width} columns, and the empty cells of its rows take more than ${sizeText(maxBytes)}`;
  return new AppError('table_too_large', `${uri} ${what}. ${fix}`);
}
