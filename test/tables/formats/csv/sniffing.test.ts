import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { readTable } from '../../read-table.ts';

describe('what a CSV is written in', () => {
  test.each([',', ';', '\t', '|'])('finds the delimiter %j, though others stand in quotes', async (delimiter) => {
    const body = `a${delimiter}b\n1${delimiter}"p,q;r\ts|t"\n2${delimiter}"p,q;r\ts|t, u, v"\n`;
    const found = await readTable(body);
    expect(found.format.text?.delimiter).toBe(delimiter);
    expect(found.columns).toEqual(['a', 'b']);
    expect(found.cells[0]).toEqual(['1', 'p,q;r\ts|t']);
  });

  test('prefers semicolons to decimal commas', async () => {
    const found = await readTable('name;price;tax\na;1,50;0,2\nb;2,75;0,3\n');
    expect(found.format.text?.delimiter).toBe(';');
    expect(found.cells[0]).toEqual(['a', '1,50', '0,2']);
  });

  test.each([
    ['sep=;\na;b\n1,5;2\n', ';'],
    ['\ufeffsep=;\r\na;b\r\n1,5;2\r\n', ';'],
    ['SEP=^\na^b\n1,5^2\n', '^'],
  ])('takes the delimiter from the line that tells Excel, and skips it: %j', async (body, delimiter) => {
    const found = await readTable(body);
    expect(found.format.text?.delimiter).toBe(delimiter);
    expect(found.columns).toEqual(['a', 'b']);
    expect(found.rows).toEqual([{ kind: 'record', line: 3, cells: ['1,5', '2'] }]);
  });

  test('keeps a column that is only called so', async () => {
    expect((await readTable('sep=a\n1\n')).columns).toEqual(['sep=a']);
  });

  test('reads a single column without any delimiter', async () => {
    const found = await readTable('name\nAnn\nBob');
    expect(found.columns).toEqual(['name']);
    expect(found.cells).toEqual([['Ann'], ['Bob']]);
  });

  test('takes commas in the unquoted prose of a single column for text', async () => {
    const found = await readTable('prompt\nHello, you\nOne, two, three\nplain\n');
    expect(found.cells).toEqual([['Hello, you'], ['One, two, three'], ['plain']]);
  });

  test('shows that a header is short of names', async () => {
    const found = await readTable('id\n1,2\n3,4\n');
    expect(found.rows[0]).toMatchObject({ kind: 'malformed', reason: '2 fields, 1 expected' });
  });

  test.each(['\n', '\r\n', '\r'] as const)('reads line ends %j', async (lineEnd) => {
    const found = await readTable(['a,b', '1,"x y"', '2,z', ''].join(lineEnd));
    expect(found.format.text?.lineEnd).toBe(lineEnd);
    expect(found.cells).toEqual([
      ['1', 'x y'],
      ['2', 'z'],
    ]);
    expect(found.rows.map((row) => row.line)).toEqual([2, 3]);
  });

  test('reads line ends that change within the file', async () => {
    expect((await readTable('a,b\r\n1,2\n3,"4"\r\n5,6\n')).cells).toEqual([
      ['1', '2'],
      ['3', '4'],
      ['5', '6'],
    ]);
  });

  test('reads single quotes where they are the quotes', async () => {
    const found = await readTable("'id','name'\n'1','O, Neil'\n'2','it''s'\n");
    expect(found.format.text?.quote).toBe("'");
    expect(found.cells).toEqual([
      ['1', 'O, Neil'],
      ['2', "it's"],
    ]);
  });

  test('takes a lone apostrophe for text', async () => {
    expect((await readTable("id,name\n1,O'Neil\n2,'tis\n")).cells).toEqual([
      ['1', "O'Neil"],
      ['2', "'tis"],
    ]);
  });

  const text = 'näme;größe\nJürgen;"1\nm"\nŁukasz 🙂;2\n';
  test.each([
    ['utf-8', false, Buffer.from(text)],
    ['utf-8', true, Buffer.from(`\ufeff${text}`)],
    ['utf-16le', true, Buffer.from(`\ufeff${text}`, 'utf16le')],
    ['utf-16le', false, Buffer.from(text, 'utf16le')],
    ['utf-16be', true, Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
    ['utf-16be', false, Buffer.from(text, 'utf16le').swap16()],
  ] as const)('reads %s, BOM %s', async (encoding, bom, body) => {
    for (const [name, bytes] of [
      ['enc.csv', body],
      ['enc.csv.gz', gzipSync(body)],
    ] as const) {
      const found = await readTable(bytes, name);
      expect(found.format.text).toMatchObject({ encoding, bom, delimiter: ';' });
      expect(found.columns).toEqual(['näme', 'größe']);
      expect(found.cells).toEqual([
        ['Jürgen', '1\nm'],
        ['Łukasz 🙂', '2'],
      ]);
    }
  });

  test('reads Latin-1, with the signs that windows-1252 adds', async () => {
    const found = await readTable(Buffer.from('name,price\nJ\xfcrgen,5 \x80\nZo\xeb,\x93x\x94\n', 'latin1'));
    expect(found.format.text?.encoding).toBe('windows-1252');
    expect(found.cells).toEqual([
      ['Jürgen', '5 €'],
      ['Zoë', '“x”'],
    ]);
  });

  test('reads a few Latin-1 records late in a UTF-8 file as U+FFFD, and tells them', async () => {
    const good = 'Zoë,1\n'.repeat(20_000);
    const found = await readTable(
      Buffer.concat([Buffer.from(`a,b\n${good}`), Buffer.from('J\xfcrgen,"2"\nlast,3\n', 'latin1')]),
    );
    expect(found.cells.at(-2)).toEqual(['J\u{fffd}rgen', '2']);
    expect(found.cells.at(-3)).toEqual(['Zoë', '1']);
    expect(found.warnings).toMatchObject([{ code: 'invalid_bytes', count: 1, line: 20_002 }]);
  });

  test('does not take a character that the head cuts in two for another encoding', async () => {
    for (let shift = 0; shift < 4; shift += 1) {
      const body = `${'x'.repeat(shift)}a\n${'🙂\n'.repeat(60_000)}`;
      expect((await readTable(body)).format.text?.encoding).toBe('utf-8');
    }
  });

  test('reads gzip whatever its name, and lets the content decide where the name does not', async () => {
    expect((await readTable(gzipSync('a,b\n1,2\n'), 'zipped.csv')).format.compression).toBe('gzip');
    expect((await readTable('a\tb\n1\t2\n', 'table.txt')).cells).toEqual([['1', '2']]);
    expect((await readTable('{"a":1}\n{"a":2}\n', 'lines')).format.name).toBe('jsonl');
    expect((await readTable('a|b\n1|2\n', 'export.dat')).columns).toEqual(['a', 'b']);
  });
});
