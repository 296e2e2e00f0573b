import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SourceRow } from '../../src/tables/row-source.ts';
import { openTable } from '../support/tables.ts';
import { workbook } from '../support/workbook.ts';
import { faultOf, readAll, type TablesPlace } from './tables-place.ts';

/** The contract of a location for folders and patterns as sources. */
export function testTableFolders(kind: string, open: () => Promise<TablesPlace>): void {
  describe(`folders of tables on ${kind}`, () => {
    let place: TablesPlace;
    beforeAll(async () => {
      place = await open();
      const { put } = place;
      await put('data/b.csv', 'n,text\n3,c\n4,d\n');
      await put('data/a.csv.gz', gzipSync('text,n\na,1\nb,2\n'));
      await put('data/c.tsv', 'n\ttext\n');
      await put('data/readme.md', '# no table');
      await put('data/deeper/d.csv', 'n,text\n5,e\n');
      await put('data/deeper/e.jsonl', '{"n":6}\n{"n":7,"more":true}\n');
    });
    afterAll(() => place.close());

    const read = async (name: string) => {
      const { columns, rows } = await readAll(place.tables, place.uri(name));
      return { columns, rows: rows.map((row: SourceRow) => [row.part, row.line, ...row.cells]) };
    };

    test('are read as one table, in the order of their names and of the first file’s columns', async () => {
      const { columns, rows } = await read('data/');
      expect(columns).toEqual(['text', 'n']);
      expect(rows).toEqual([
        [0, 2, 'a', '1'],
        [0, 3, 'b', '2'],
        [1, 2, 'c', '3'],
        [1, 3, 'd', '4'],
      ]);
      const source = await place.tables.openSource(place.uri('data/'));
      expect(source.parts?.()).toEqual(
        ['a.csv.gz', 'b.csv', 'c.tsv'].map((name) => ({ name, uri: place.uri(`data/${name}`) })),
      );
      await source.close();
    });

    test.each([
      ['data/*.csv', ['b.csv']],
      ['data/?.csv*', ['a.csv.gz', 'b.csv']],
      ['data/**/*.csv', ['b.csv', 'deeper/d.csv']],
      ['*/b.csv', ['data/b.csv']],
    ])('are chosen by the pattern %s', async (pattern, names) => {
      const source = await place.tables.openSource(place.uri(pattern));
      expect(source.parts?.().map(({ name }) => name)).toEqual(names);
      await source.close();
    });

    test('may be profiled as one', async () => {
      const profile = await place.tables.profile(place.uri('data/'));
      expect(profile).toMatchObject({ rowCount: 4, columns: [{ name: 'text' }, { name: 'n', min: '1', max: '4' }] });
    });

    test('let JSONL add columns', async () => {
      const { columns, rows } = await read('data/deeper/*');
      expect(columns).toEqual(['n', 'text', 'more']);
      expect(rows.map((row) => row.slice(2))).toEqual([
        ['5', 'e', null],
        [6, null, null],
        [7, null, true],
      ]);
    });

    test('are refused when their columns differ, with the file and the columns', async () => {
      await place.put('mixed/a.csv', 'n,text\n1,a\n');
      await place.put('mixed/b.csv', 'n,title\n1,a\n');
      const fault = await faultOf(place.tables.openSource(place.uri('mixed/')));
      expect(fault.code).toBe('not_a_table');
      expect(fault.message).toContain(place.uri('mixed/b.csv'));
      expect(fault.message).toContain('"text" is missing, "title" is new');
    });

    test('may be JSON arrays, compressed or not, that add columns', async () => {
      await place.put('arrays/1.json', '[{"a":1}]');
      await place.put('arrays/2.json.zst', zstdCompressSync('[{"a":2,"b":[1]}]'));
      const { columns, rows } = await readAll(place.tables, place.uri('arrays/'));
      expect(columns).toEqual(['a', 'b']);
      expect(rows.map(({ cells }) => cells)).toEqual([
        [1, null],
        [2, [1]],
      ]);
    });

    test('may be workbooks, of which one sheet each is read; lock files of Excel are left out', async () => {
      const cell = (text: string | number) => `<row><c t="str"><v>${text}</v></c></row>`;
      const book = (n: number) => workbook({ sheets: { One: cell('x'), Two: cell('a') + cell(n) } });
      await place.put('books/1.xlsx', book(1));
      await place.put('books/2.xlsx', book(2));
      await place.put('books/~$2.xlsx', 'lock');
      const source = await place.tables.openSource(place.uri('books/'), { reading: { sheet: 'Two' } });
      const cells: unknown[] = [];
      for await (const page of source.rows()) for (const row of page) cells.push(row.cells[0]);
      expect(cells).toEqual(['1', '2']);
      const one = await readAll(place.tables, place.uri('books/2.xlsx#Two'));
      expect(one.rows.map((row) => row.cells[0])).toEqual(['2']);
    });

    test('keep the types of Parquet that all files have', async () => {
      const write = async (name: string, types: ('integer' | 'number')[]) => {
        const writer = await openTable(place.tables, place.uri(name), ['a', 'b'], { types });
        await writer.write([[1, 2]]);
        await writer.commit();
      };
      await place.put('typed/keep', '');
      await write('typed/a.parquet', ['integer', 'integer']);
      await write('typed/b.parquet', ['integer', 'number']);
      const source = await place.tables.openSource(place.uri('typed/*.parquet'));
      expect(source.total).toBe(2);
      expect(source.types?.()).toEqual([{ parquet: { type: 'INT64' } }, 'string']);
      await source.close();
    });

    test('that hold or match nothing are told by their name', async () => {
      for (const name of ['none/*.csv', 'data/*.parquet']) {
        const fault = await faultOf(place.tables.openSource(place.uri(name)));
        expect(fault.code).toBe('file_not_found');
        expect(fault.message).toContain(name);
      }
    });

    test('are not written over', async () => {
      const { tables, uri } = place;
      const source = uri('data/*.csv');
      for (const output of ['data/b.csv', 'data/']) {
        expect((await faultOf(tables.checkWriter(uri(output), [source]))).code, output).toBe('output_is_source');
      }
      await tables.checkWriter(uri('out/'), [source]);
      await tables.checkWriter(uri('data/out.csv'), [source]);
      await place.put('named/table', 'a\n1\n');
      expect((await faultOf(tables.checkWriter(uri('out/'), [uri('named/*')]))).code).toBe('format_unsupported');
    });
  });
}
