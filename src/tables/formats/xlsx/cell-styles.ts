import { type NumberFormat, numberFormat } from './number-formats.ts';
import { attributeReader, scanXml } from './xml-scanner.ts';

const readId = attributeReader('numFmtId');
const readCode = attributeReader('formatCode');

/** Excel's limits: 65,490 cell styles, and 255 characters of a format code. What is beyond them counts as no format. */
const MAX_STYLES = 65_536;
const MAX_CODE_CHARACTERS = 255;

/** The number format of each cell style of a workbook, by its index (ECMA-376, 18.8.10). */
export async function readCellStyles(chunks: AsyncIterable<Buffer>): Promise<NumberFormat[]> {
  const codes = new Map<number, string>();
  const ids: number[] = [];
  let isCellStyle = false;
  await scanXml(chunks, {
    open(name, attributes) {
      if (name === 'numFmt') {
        const code = readCode(attributes) ?? '';
        if (code.length <= MAX_CODE_CHARACTERS && codes.size < MAX_STYLES) codes.set(Number(readId(attributes)), code);
      }
      if (name === 'cellXfs') isCellStyle = true;
      else if (name === 'xf' && isCellStyle && ids.length < MAX_STYLES) ids.push(Number(readId(attributes) ?? 0));
    },
    close(name) {
      if (name === 'cellXfs') isCellStyle = false;
    },
    text: () => undefined,
  });
  return ids.map((id) => numberFormat(id, codes.get(id)));
}
