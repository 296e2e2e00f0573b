import { chmod, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cell, neutraliseFormula } from '../../../src/tables/cell.ts';
import type { WriterOptions } from '../../../src/tables/row-writer.ts';
import type { Tables } from '../../../src/tables/table.ts';
import { EXTENSIONS, faultOf } from '../../contracts/tables-place.ts';
import { copyInSmallHeap } from '../../support/small-heap.ts';
import { createTestTables, openTable } from '../../support/tables.ts';

let folder: string;
let tables: Tables;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-writing-')));
  tables = createTestTables({ roots: [folder] });
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, columns: string[], rows: Cell[][], options?: WriterOptions) {
  const writer = await openTable(tables, join(folder, name), columns, options);
  await writer.write(rows);
  await writer.commit();
  const bytes = await readFile(join(folder, name));
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
}

const MIXED: Cell[][] = [[null, true, 1.5, { a: ['x', null] }, 'say "hi"']];

describe('formats', () => {
  test('writes CSV as RFC 4180 has it, nested values as JSON', async () => {
    expect(await written('a.csv', ['n', 'b', 'f', 'o', 't'], MIXED)).toBe(
      'n,b,f,o,t\n,true,1.5,"{""a"":[""x"",null]}","say ""hi"""\n',
    );
  });

  test('quotes a byte order mark that is part of a name, so that it is read again', async () => {
    expect(await written('mark.csv', ['\ufeffa'], [['x']])).toBe('"\ufeffa"\nx\n');
  });

  test('writes TSV', async () => {
    expect(await written('a.tsv', ['a', 'b'], [['x,y', 't\tab']])).toBe('a\tb\nx,y\t"t\tab"\n');
  });

  test('writes JSONL with native types, whatever the columns are called', async () => {
    const text = await written('a.jsonl.gz', ['n', '2', '1', '__proto__', 't'], MIXED);
    expect(text).toBe('{"n":null,"2":true,"1":1.5,"__proto__":{"a":["x",null]},"t":"say \\"hi\\""}\n');
  });

  test('writes null for what a row lacks', async () => {
    expect(await written('short.csv', ['a', 'b', 'c'], [['1']])).toBe('a,b,c\n1,,\n');
    expect(await written('short.jsonl', ['a', 'b'], [['1']])).toBe('{"a":"1","b":null}\n');
  });
});

describe('spreadsheet-safe output', () => {
  test.each(['=1+1', '+44 20', '-cmd', '@sum', '\tx', '\rx', '＝1', '-1+2', '--5'])('neutralises %j', (text) => {
    expect(neutraliseFormula(text)).toBe(`'${text}`);
  });
  test.each(['-5', '+5', '-1,234.5', '-1e-5', '-.5', '-12%', 'a=b', '', ' =x'])('leaves %j', (text) => {
    expect(neutraliseFormula(text)).toBe(text);
  });
  test('covers the header, and is off unless asked for', async () => {
    expect(await written('safe.csv', ['=a'], [['=b'], ['-5']], { spreadsheetSafe: true })).toBe("'=a\n'=b\n-5\n");
    expect(await written('unsafe.csv', ['=a'], [['=b']])).toBe('=a\n=b\n');
  });
});

describe('places', () => {
  test('makes the folders on the way', async () => {
    expect(await written('deep/er/a.csv', ['a'], [['1']])).toBe('a\n1\n');
    expect(await readdir(join(folder, 'deep', 'er'))).toEqual(['a.csv']);
  });

  test.each(EXTENSIONS)(
    'leaves a .%s that appeared since the start, and takes one with the same bytes for its own',
    async (extension) => {
      const path = join(folder, `appeared.${extension}`);
      const write = async (cell: string) => {
        const writer = await openTable(tables, path, ['a']);
        await writer.write([[cell]]);
        return writer;
      };
      const [first, same, other] = [await write('one'), await write('one'), await write('two')];
      await first.commit();
      const bytes = await readFile(path);
      await same.commit();
      expect((await faultOf(other.commit())).code).toBe('output_exists');
      await other.abort();
      expect(await readFile(path)).toEqual(bytes);
      expect((await readdir(folder)).filter((name) => name.startsWith(`.appeared.${extension}.`))).toEqual([]);
    },
  );

  test('writes to where a link leads, and leaves the link', async () => {
    await writeFile(join(folder, 'real.csv'), 'old');
    await symlink(join(folder, 'real.csv'), join(folder, 'link.csv'));
    await written('link.csv', ['a'], [['new']], { overwrite: true });
    expect(await readFile(join(folder, 'real.csv'), 'utf8')).toBe('a\nnew\n');
  });

  test.skipIf(process.getuid?.() === 0)('tells a folder that may not be written to', async () => {
    await written('locked/a.csv', ['a'], []);
    await chmod(join(folder, 'locked'), 0o500);
    expect((await faultOf(tables.checkWriter(join(folder, 'locked', 'b.csv'), []))).code).toBe('location_denied');
    expect((await faultOf(tables.openWriter(join(folder, 'locked', 'b.csv'), ['a']))).code).toBe('location_denied');
  });

  test('fails a commit whose destination has become a folder, and leaves nothing', async () => {
    const writer = await openTable(tables, join(folder, 'turns', 'into.csv'), ['a']);
    await written('turns/into.csv/inner.csv', ['a'], []);
    expect((await faultOf(writer.commit())).message).toContain('into.csv');
    await writer.abort();
    expect(await readdir(join(folder, 'turns'))).toEqual(['into.csv']);
  });
});

test('writes and reads 200,000 rows in a heap of 48 MB', async () => {
  const path = join(folder, 'large.csv.gz');
  await copyInSmallHeap({ folder, path, rows: 200_000 });
  expect((await stat(path)).size).toBeGreaterThan(2e5);
});
