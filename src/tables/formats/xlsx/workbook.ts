import { AppError } from '../../../base/errors.ts';
import { readCellStyles } from './cell-styles.ts';
import type { NumberFormat } from './number-formats.ts';
import type { Zip } from './open-zip.ts';
import { readSharedStrings } from './shared-strings.ts';
import { createStringPool, type StringPool } from './string-pool.ts';
import { attributeReader, scanXml } from './xml-scanner.ts';

/** One sheet of cells. `path` is its entry in the archive. */
export interface Sheet {
  name: string;
  path: string;
  hidden: boolean;
}

/** The parts of a workbook that its sheets share. */
export interface Workbook {
  /** Sheets of cells, in order; sheets that are a chart are left out. */
  sheets: Sheet[];
  /** The year of day 0. */
  epoch: 1900 | 1904;
  styles(): Promise<NumberFormat[]>;
  texts(): Promise<StringPool>;
}

/** More sheets or relations than this belong to no workbook that a person has made. */
const MAX_PARTS = 10_000;

const readType = attributeReader('Type');
const readTarget = attributeReader('Target');
const readIdOf = attributeReader('Id');
const readRelation = attributeReader('id');
const readName = attributeReader('name');
const readState = attributeReader('state');
const readEpoch = attributeReader('date1904');

/** @throws AppError `not_a_table` when the archive is no workbook */
export async function openWorkbook(zip: Zip, uri: string, signal?: AbortSignal): Promise<Workbook> {
  const [root] = ofType(await readRelations(zip, '_rels/.rels', ''), 'officeDocument');
  const path = root?.path ?? 'xl/workbook.xml';
  if (!zip.has(path)) {
    throw new AppError('not_a_table', `${uri} is a ZIP archive, but no .xlsx workbook: unpack it.`);
  }
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const relations = await readRelations(zip, `${folder}_rels/${path.slice(folder.length)}.rels`, folder);
  const sheetPaths = new Map(ofType(relations, 'worksheet').map((relation) => [relation.id, relation.path]));
  const sheets: Sheet[] = [];
  let epoch: 1900 | 1904 = 1900;
  await scanXml(zip.read(path, signal), {
    open(name, attributes) {
      if (name === 'workbookPr' && /^(1|true|on)$/.test(readEpoch(attributes) ?? '')) epoch = 1904;
      if (name !== 'sheet') return;
      const sheetPath = sheetPaths.get(readRelation(attributes) ?? '');
      if (sheetPath === undefined) return;
      const hidden = /hidden/i.test(readState(attributes) ?? '');
      if (sheets.length === MAX_PARTS) throw new Error('too many sheets');
      sheets.push({ name: readName(attributes) ?? '', path: sheetPath, hidden });
    },
    close: () => undefined,
    text: () => undefined,
  });
  const part = (type: string): string | undefined => {
    const [found] = ofType(relations, type);
    return found !== undefined && zip.has(found.path) ? found.path : undefined;
  };
  return {
    sheets,
    epoch,
    async styles() {
      const found = part('styles');
      return found === undefined ? [] : readCellStyles(zip.read(found, signal));
    },
    async texts() {
      const found = part('sharedStrings');
      return found === undefined ? createStringPool(uri) : readSharedStrings(zip.read(found, signal), uri);
    },
  };
}

interface Relation {
  id: string;
  type: string;
  path: string;
}

/** Types are URIs, which differ between the two variants of the format (ECMA-376, part 1 and 4); their ends do not. */
function ofType(relations: Relation[], type: string): Relation[] {
  return relations.filter((relation) => relation.type.endsWith(`/${type}`));
}

async function readRelations(zip: Zip, path: string, folder: string): Promise<Relation[]> {
  const relations: Relation[] = [];
  if (!zip.has(path)) return relations;
  await scanXml(zip.read(path), {
    open(name, attributes) {
      if (name !== 'Relationship') return;
      if (relations.length === MAX_PARTS) throw new Error('too many relations');
      const target = readTarget(attributes) ?? '';
      const [id, type] = [readIdOf(attributes) ?? '', readType(attributes) ?? ''];
      relations.push({ id, type, path: target.startsWith('/') ? target.slice(1) : joined(folder, target) });
    },
    close: () => undefined,
    text: () => undefined,
  });
  return relations;
}

function joined(folder: string, target: string): string {
  const parts: string[] = [];
  for (const part of `${folder}${target}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/**
 * The wanted sheet: by its name, by its number from 1, or else the first one that is not hidden.
 * @throws AppError `not_a_table` that names the sheets
 */
export function chooseSheet({ sheets }: Workbook, wanted: string | undefined, uri: string): Sheet {
  if (wanted === undefined) {
    const first = sheets.find(({ hidden }) => !hidden) ?? sheets[0];
    if (first === undefined) throw new AppError('not_a_table', `${uri} has no sheet with cells.`);
    return first;
  }
  const found =
    sheets.find(({ name }) => name === wanted) ??
    sheets.find(({ name }) => name.toLowerCase() === wanted.toLowerCase()) ??
    (/^\d+$/.test(wanted) ? sheets[Number(wanted) - 1] : undefined);
  if (found !== undefined) return found;
  const names = sheets.map(({ name, hidden }) => `"${name}"${hidden ? ' (hidden)' : ''}`).join(', ');
  throw new AppError('not_a_table', `${uri} has no sheet "${wanted}". Its sheets: ${names}.`);
}
