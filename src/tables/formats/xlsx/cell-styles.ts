import { type NumberFormat, numberFormat } from './number-formats.ts';
import { attributeReader, scanXml } from './xml-scanner.ts';

const readId = attributeReader('numFmtId');
const readCode = attributeReader('formatCode');

/** The number format of each cell style of a workbook, by its index (ECMA-376, 18.8.10). */
export async function readCellStyles(chunks: AsyncIterable<Buffer>): Promise<NumberFormat[]> {
  const codes = new Map<number, string>();
  const ids: number[] = [];
  let isCellStyle = false;
  await scanXml(chunks, {
    open(name, attributes) {
      if (name === 'numFmt') codes.set(Number(readId(attributes)), readCode(attributes) ?? '');
      else if (name === 'cellXfs') isCellStyle = true;
      else if (name === 'xf' && isCellStyle) ids.push(Number(readId(attributes) ?? 0));
    },
    close(name) {
      if (name === 'cellXfs') isCellStyle = false;
    },
    text: () => undefined,
  });
  return ids.map((id) => numberFormat(id, codes.get(id)));
}
