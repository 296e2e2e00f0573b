import { execFile } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readCellStyles } from '../../../../src/tables/formats/xlsx/cell-styles.ts';
import { workbook } from '../../../support/workbook.ts';

const HEAP_MB = 64;

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-hostile-')));
});
afterEach(() => rm(folder, { recursive: true }));

/** The number of rows that a process with a small heap reads. */
async function rowsOf(book: Buffer): Promise<number> {
  await writeFile(join(folder, 'book.xlsx'), book);
  const reader = join(import.meta.dirname, 'hostile-workbook-process.ts');
  const args = [`--max-old-space-size=${HEAP_MB}`, reader, folder, 'book.xlsx'];
  return Number((await promisify(execFile)(process.execPath, args)).stdout);
}

const HEADER = '<row r="1"><c r="A1" t="str"><v>q</v></c></row>';

it('a value in the last column of each row fills no memory', async () => {
  const rows = HEADER + '<row><c r="XFD1"><v>1</v></c></row>'.repeat(2500);
  expect(await rowsOf(workbook({ sheets: { A: rows } }))).toBe(2500);
});

it.each(['[', '0'])('a format code of a quarter of a million "%s" takes no time', async (character) => {
  const rows = `${HEADER}<row><c r="A2" s="1"><v>1</v></c></row>`;
  expect(await rowsOf(workbook({ sheets: { A: rows }, formats: [character.repeat(250_000)] }))).toBe(1);
});

it('cell styles beyond those of any spreadsheet program are not kept', async () => {
  async function* chunks() {
    yield Buffer.from(`<styleSheet><cellXfs>${'<xf/>'.repeat(70_000)}</cellXfs></styleSheet>`);
  }
  expect((await readCellStyles(chunks())).length).toBeLessThan(66_000);
});
