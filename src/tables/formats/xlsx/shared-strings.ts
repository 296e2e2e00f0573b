import { MAX_RECORD_BYTES } from '../csv/csv-framing.ts';
import { unescapeXmlCharacters } from './escaped-characters.ts';
import { createStringPool, type StringPool } from './string-pool.ts';
import { scanXml } from './xml-scanner.ts';

/**
 * Reads the shared texts of a workbook (ECMA-376, 18.4). Formatted parts of a text are joined; phonetic guides are left
 * out. A text above the limit of a record is cut one character above it, so that its rows are recognised as too long.
 */
export async function readSharedStrings(chunks: AsyncIterable<Buffer>, place: string): Promise<StringPool> {
  const pool = createStringPool(place);
  let text = '';
  let isText = false;
  let phonetic = 0;
  await scanXml(chunks, {
    open(name) {
      if (name === 'si') text = '';
      else if (name === 'rPh') phonetic += 1;
      else if (name === 't') isText = phonetic === 0;
    },
    close(name) {
      if (name === 't') isText = false;
      else if (name === 'rPh') phonetic -= 1;
      else if (name === 'si') pool.add(unescapeXmlCharacters(text));
    },
    text(part) {
      if (isText && text.length <= MAX_RECORD_BYTES) text += part.slice(0, MAX_RECORD_BYTES + 1);
    },
  });
  return pool;
}
