import { AppError } from '../../base/errors.ts';
import type { WrittenStyle } from '../row-writer.ts';
import { writtenFormat } from './format.ts';

/**
 * Refuses a style that a format can't have, because an option is never ignored.
 * @throws AppError `option_not_supported`, and as `writtenFormat`
 */
export function checkStyle(fileName: string, { bom = false, delimiter }: WrittenStyle, uri: string): void {
  const { format } = writtenFormat(fileName, uri);
  const refused = [
    ...(bom && format !== 'csv' && format !== 'tsv' ? ['--bom (options.bom)'] : []),
    ...(delimiter !== undefined && format !== 'csv' ? ['--out-delimiter (options.out_delimiter)'] : []),
  ];
  if (refused.length === 0) return;
  const text = `The output ${uri} is ${format.toUpperCase()}, which has no ${refused.join(' and no ')}`;
  throw new AppError('option_not_supported', `${text}: leave it out, or name the output .csv.`);
}
