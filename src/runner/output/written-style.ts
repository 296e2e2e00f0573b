import type { WrittenStyle } from '../../tables/row-writer.ts';
import type { BatchOptions } from '../contract/request/options.ts';

/** How a batch's table is written, by its options. */
export function writtenStyle(options: BatchOptions = {}): WrittenStyle {
  const { spreadsheet_safe: spreadsheetSafe, bom, out_delimiter: delimiter } = options;
  return {
    ...(spreadsheetSafe !== undefined && { spreadsheetSafe }),
    ...(bom !== undefined && { bom }),
    ...(delimiter !== undefined && { delimiter: delimiter === 'tab' ? '\t' : delimiter }),
  };
}
