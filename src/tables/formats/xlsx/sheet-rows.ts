import type { ExactNumber } from '../../../base/json/exact-number.ts';
import { MAX_RECORD_BYTES } from '../csv/csv-framing.ts';
import type { DecodedLimit } from '../decoded-limit.ts';
import { numberCell } from './cell-value.ts';
import { unescapeXmlCharacters } from './escaped-characters.ts';
import type { NumberFormat } from './number-formats.ts';
import type { SheetWarnings } from './sheet-warnings.ts';
import type { StringPool } from './string-pool.ts';
import { attributeReader, type XmlHandlers } from './xml-scanner.ts';

/** A text that many cells may share: it is read only when its row is handed on. */
export interface SharedText {
  shared: number;
}

export function isShared(cell: SheetCell): cell is SharedText {
  return typeof cell === 'object' && cell !== null && 'shared' in cell;
}

/** A cell of a sheet. */
export type SheetCell = string | number | boolean | null | ExactNumber | SharedText;

/**
 * One row of a sheet that has at least one value. `cells` has no empty end. It is sparse: a value in the last column
 * takes a few bytes of a file, but 16,384 cells.
 */
export interface SheetRow {
  /** From 1, as a spreadsheet program shows it. */
  number: number;
  cells: SheetCell[];
  /** Why the row can't be used. */
  fault?: string;
  /** By hand, or by a filter. */
  isHidden?: boolean;
}

/** What cells refer to. */
export interface CellContext {
  texts: StringPool;
  limit: DecodedLimit;
  styles: NumberFormat[];
  epoch: 1900 | 1904;
  warnings: SheetWarnings;
}

/** The last row and column of a sheet (ECMA-376, 18.3.1.73; Excel specifications and limits). */
const MAX_ROWS = 1_048_576;
const MAX_COLUMNS = 16_384;
const PLAIN: NumberFormat = { kind: 'plain' };

const readRef = attributeReader('r');
const readType = attributeReader('t');
const readStyle = attributeReader('s');
const readRange = attributeReader('ref');
const readHidden = attributeReader('hidden');

/** Handlers for the XML of a sheet (ECMA-376, 18.3.1). `take` is called with each row that has a value, in order. */
export function createSheetReader(context: CellContext, take: (row: SheetRow) => void): XmlHandlers {
  const { warnings } = context;
  let row: SheetRow = { number: 0, cells: [] };
  let characters = 0;
  let column = -1;
  let type = '';
  let style = -1;
  let text = '';
  let hasValue = false;
  let hasFormula = false;
  let isText = false;
  let phonetic = 0;

  function endCell(): void {
    // Programs that do not compute write an empty value. A text may be computed to be empty.
    if (!hasValue || (type === 'n' && text === '')) {
      if (hasFormula) warnings.add('formulas_without_value', place());
      return;
    }
    const cell = cellOf();
    if (cell === null) return;
    characters += sizeOf(cell);
    if (characters > MAX_RECORD_BYTES) {
      row.fault = 'the row is longer than 1 MiB';
      return;
    }
    row.cells[column] = cell;
  }

  function sizeOf(cell: SheetCell): number {
    if (typeof cell === 'string') return cell.length;
    if (!isShared(cell)) return 8;
    const bytes = context.texts.sizeOf(cell.shared) ?? 0;
    context.limit.count(bytes);
    return bytes;
  }

  function cellOf(): SheetCell {
    switch (type) {
      case 's': {
        const shared = text === '' ? -1 : Number(text);
        if (context.texts.sizeOf(shared) !== undefined) return { shared };
        row.fault = `the text of the cell ${place().cell} is missing in the workbook`;
        return null;
      }
      case 'str':
      case 'inlineStr':
        return unescapeXmlCharacters(text);
      case 'b':
        return text === '1' || text === 'true';
      case 'e':
        warnings.add('error_cells', { ...place(), reason: text });
        return text;
      case 'd':
        return text;
      default:
        return numberCell(text.trim(), context.styles[style] ?? PLAIN, context.epoch);
    }
  }

  const place = () => ({ cell: `${columnName(column)}${row.number}`, line: row.number });

  return {
    open(name, attributes) {
      switch (name) {
        case 'row':
          row = { number: Number(readRef(attributes) ?? row.number + 1), cells: [] };
          if (!(row.number >= 1 && row.number <= MAX_ROWS)) throw new Error('a row number is out of range');
          if (/^(1|true)$/.test(readHidden(attributes) ?? '')) row.isHidden = true;
          characters = 0;
          column = -1;
          return;
        case 'c': {
          const ref = readRef(attributes);
          column = ref === undefined ? column + 1 : columnOf(ref);
          if (!(column >= 0 && column < MAX_COLUMNS)) throw new Error('a column is out of range');
          type = readType(attributes) ?? 'n';
          style = Number(readStyle(attributes) ?? -1);
          text = '';
          hasValue = false;
          hasFormula = false;
          return;
        }
        case 'v':
        case 't':
          isText = phonetic === 0;
          hasValue = true;
          return;
        case 'f':
          hasFormula = true;
          return;
        case 'rPh':
          phonetic += 1;
          return;
        case 'mergeCell':
          warnings.add('merged_cells', { cell: readRange(attributes) ?? '', line: 0 });
      }
    },
    close(name) {
      if (name === 'v' || name === 't') isText = false;
      else if (name === 'rPh') phonetic -= 1;
      else if (name === 'c') endCell();
      else if (name === 'row' && (row.cells.length > 0 || row.fault !== undefined)) take(row);
    },
    text(part) {
      if (isText && text.length <= MAX_RECORD_BYTES) text += part;
    },
  };
}

/** The column of a reference such as "AB12", from 0; -1 when there is none. */
function columnOf(ref: string): number {
  let column = 0;
  for (let at = 0; at < ref.length; at += 1) {
    const letter = ref.charCodeAt(at) & 0xdf;
    if (letter < 65 || letter > 90) break;
    column = column * 26 + letter - 64;
  }
  return column - 1;
}

/** The letters of a column, from 0. */
export function columnName(column: number): string {
  const letter = String.fromCharCode(65 + (column % 26));
  return column < 26 ? letter : columnName(Math.floor(column / 26) - 1) + letter;
}
