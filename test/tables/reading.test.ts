import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSilentLog } from '../../src/log.ts';
import type { FormatFacts, SourceRow, TableWarning } from '../../src/tables/table.ts';
import { createTables } from '../../src/tables/tables.ts';

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-reading-')));
});
afterAll(() => rm(folder, { recursive: true }));

interface Read {
  columns: string[];
  facts: FormatFacts;
  rows: SourceRow[];
  cells: unknown[][];
  warnings: TableWarning[];
}

async function read(body: Buffer | string, name = 'table.csv'): Promise<Read> {
  await writeFile(join(folder, name), body);
  const tables = createTables({
    roots: [folder],
    s3: () => Promise.reject(new Error('no S3')),
    log: createSilentLog(),
  });
  const source = await tables.openSource(join(folder, name));
  const rows: SourceRow[] = [];
  for await (const chunk of source.rows()) rows.push(...chunk);
  return {
    columns: source.columns(),
    facts: source.facts,
    rows,
    cells: rows.map((row) => row.cells),
    warnings: source.warnings(),
  };
}

describe('what a CSV is written in', () => {
  test.each([',', ';', '\t', '|'])('finds the delimiter %j, though others stand in quotes', async (delimiter) => {
    const body = `a${delimiter}b\n1${delimiter}"p,q;r\ts|t"\n2${delimiter}"p,q;r\ts|t, u, v"\n`;
    const found = await read(body);
    expect(found.facts.delimiter).toBe(delimiter);
    expect(found.columns).toEqual(['a', 'b']);
    expect(found.cells[0]).toEqual(['1', 'p,q;r\ts|t']);
  });

  test('prefers semicolons to decimal commas', async () => {
    const found = await read('name;price;tax\na;1,50;0,2\nb;2,75;0,3\n');
    expect(found.facts.delimiter).toBe(';');
    expect(found.cells[0]).toEqual(['a', '1,50', '0,2']);
  });

  test('reads a single column without any delimiter', async () => {
    const found = await read('name\nAnn\nBob');
    expect(found.columns).toEqual(['name']);
    expect(found.cells).toEqual([['Ann'], ['Bob']]);
  });

  test.each(['\n', '\r\n', '\r'] as const)('reads line ends %j', async (lineEnd) => {
    const found = await read(['a,b', '1,"x y"', '2,z', ''].join(lineEnd));
    expect(found.facts.lineEnd).toBe(lineEnd);
    expect(found.cells).toEqual([
      ['1', 'x y'],
      ['2', 'z'],
    ]);
    expect(found.rows.map((row) => row.line)).toEqual([2, 3]);
  });

  test('reads line ends that change within the file', async () => {
    expect((await read('a,b\r\n1,2\n3,"4"\r\n5,6\n')).cells).toEqual([
      ['1', '2'],
      ['3', '4'],
      ['5', '6'],
    ]);
  });

  test('reads single quotes where they are the quotes', async () => {
    const found = await read("'id','name'\n'1','O, Neil'\n'2','it''s'\n");
    expect(found.facts.quote).toBe("'");
    expect(found.cells).toEqual([
      ['1', 'O, Neil'],
      ['2', "it's"],
    ]);
  });

  test('takes a lone apostrophe for text', async () => {
    expect((await read("id,name\n1,O'Neil\n2,'tis\n")).cells).toEqual([
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
      const found = await read(bytes, name);
      expect(found.facts).toMatchObject({ encoding, bom, delimiter: ';' });
      expect(found.columns).toEqual(['näme', 'größe']);
      expect(found.cells).toEqual([
        ['Jürgen', '1\nm'],
        ['Łukasz 🙂', '2'],
      ]);
    }
  });

  test('reads Latin-1, with the signs that windows-1252 adds', async () => {
    const found = await read(Buffer.from('name,price\nJ\xfcrgen,5 \x80\nZo\xeb,\x93x\x94\n', 'latin1'));
    expect(found.facts.encoding).toBe('latin1');
    expect(found.cells).toEqual([
      ['Jürgen', '5 €'],
      ['Zoë', '“x”'],
    ]);
  });

  test('reads a few Latin-1 records late in a UTF-8 file, and tells them', async () => {
    const good = 'Zoë,1\n'.repeat(20_000);
    const found = await read(
      Buffer.concat([Buffer.from(`a,b\n${good}`), Buffer.from('J\xfcrgen,"2"\nlast,3\n', 'latin1')]),
    );
    expect(found.cells.at(-2)).toEqual(['Jürgen', '2']);
    expect(found.cells.at(-3)).toEqual(['Zoë', '1']);
    expect(found.warnings).toMatchObject([{ code: 'invalid_bytes', count: 1, line: 20_002 }]);
  });

  test('does not take a character that the head cuts in two for another encoding', async () => {
    for (let shift = 0; shift < 4; shift += 1) {
      const body = `${'x'.repeat(shift)}a\n${'🙂\n'.repeat(60_000)}`;
      expect((await read(body)).facts.encoding).toBe('utf-8');
    }
  });

  test('reads gzip whatever its name, and lets the content decide where the name does not', async () => {
    expect((await read(gzipSync('a,b\n1,2\n'), 'zipped.csv')).facts.gzip).toBe(true);
    expect((await read('a\tb\n1\t2\n', 'table.txt')).cells).toEqual([['1', '2']]);
    expect((await read('{"a":1}\n{"a":2}\n', 'lines')).facts.format).toBe('jsonl');
    expect((await read('a|b\n1|2\n', 'export.dat')).columns).toEqual(['a', 'b']);
  });
});

describe('headers', () => {
  test('makes names unique, and tells', async () => {
    const found = await read('name,name, ,name_2,,name\n1,2,3,4,5,6\n');
    expect(found.columns).toEqual(['name', 'name_3', 'column_3', 'name_2', 'column_5', 'name_4']);
    expect(new Set(found.columns).size).toBe(6);
    expect(found.warnings[0]).toMatchObject({ code: 'header_renamed', count: 4 });
    expect(found.warnings[0]?.message).toContain('"name" → "name_3"');
  });

  test('takes names as they are written, quoted newlines included', async () => {
    const found = await read('\n\n" a ","b\nc"\n1,2\n');
    expect(found.columns).toEqual([' a ', 'b\nc']);
    expect(found.rows[0]?.line).toBe(5);
  });
});

describe('records that are not as they should be', () => {
  test('pads short ones and tells where', async () => {
    const found = await read('a,b,c\n1,2,3\n4\n5,6\n');
    expect(found.cells).toEqual([
      ['1', '2', '3'],
      ['4', null, null],
      ['5', '6', null],
    ]);
    expect(found.warnings).toMatchObject([{ code: 'short_records_padded', count: 2, line: 3 }]);
  });

  test('makes long ones malformed, with their text', async () => {
    const found = await read('a,b\n"x\ny",2\n3,4,"5"\n6,7\n');
    expect(found.rows[1]).toEqual({
      kind: 'malformed',
      line: 4,
      reason: '3 fields, 2 expected',
      text: '3,4,"5"',
      cells: ['3', '4'],
    });
    expect(found.cells[2]).toEqual(['6', '7']);
    expect(found.warnings).toMatchObject([{ code: 'malformed_records', count: 1, line: 4 }]);
  });

  test('does not let an open quote swallow what follows', async () => {
    const found = await read('a,b\n1,2\n3,"open\n5,6\n7,"ok, then"\n9,10\n');
    expect(found.rows[1]).toMatchObject({ kind: 'malformed', line: 3, text: '3,"open', cells: ['3'] });
    expect(found.cells.slice(2)).toEqual([
      ['5', '6'],
      ['7', 'ok, then'],
      ['9', '10'],
    ]);
    expect(found.rows.map((row) => row.line)).toEqual([2, 3, 4, 5, 6]);
  });

  test('recovers from an open quote that a million rows follow', async () => {
    const rows = 1_000_000;
    const found = await read(`a,b\n0,"open\n${'1,2\n'.repeat(rows)}`);
    expect(found.rows).toHaveLength(rows + 1);
    expect(found.rows[0]).toMatchObject({ kind: 'malformed', line: 2 });
    expect(found.rows.filter((row) => row.kind === 'malformed')).toHaveLength(1);
    expect(found.rows.at(-1)).toEqual({ kind: 'record', line: rows + 2, cells: ['1', '2'] });
  });

  test('keeps a record of several lines with a stray quote in one piece', async () => {
    const found = await read('a,b,c\n1,"he said "no" to\nme",x\n2,y,z\n');
    expect(found.rows[0]).toMatchObject({ kind: 'malformed', line: 2, text: '1,"he said "no" to\nme",x' });
    expect(found.rows[1]).toEqual({ kind: 'record', line: 4, cells: ['2', 'y', 'z'] });
  });

  test('takes a quote inside an unquoted field for text', async () => {
    const found = await read('a,b,c\n5" pipe,"x, y",it"s\n6,7,8\n');
    expect(found.cells).toEqual([
      ['5" pipe', 'x, y', 'it"s'],
      ['6', '7', '8'],
    ]);
  });

  test('cuts a record that never ends, and goes on after it', async () => {
    const found = await read(`a,b\n1,${'x'.repeat(3_000_000)}\n2,"${'y'.repeat(3_000_000)}"\n3,4\n`);
    expect(found.rows.map((row) => [row.kind, row.line])).toEqual([
      ['malformed', 2],
      ['malformed', 3],
      ['record', 4],
    ]);
    const [first] = found.rows;
    expect(first?.kind === 'malformed' && first.text.length).toBe(64 * 1024);
  });

  test('takes blank lines for nothing, but in a single column for empty cells where rows follow', async () => {
    expect((await read('a,b\n1,2\n\n\r\n3,4\n\n\n')).cells).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    const single = await read('a\n1\n\n3\n\n\n');
    expect(single.cells).toEqual([['1'], [''], ['3']]);
    expect(single.rows.map((row) => row.line)).toEqual([2, 3, 4]);
  });

  test('counts lines through quoted line ends of any kind', async () => {
    const found = await read('a,b\r\n1,"x\r\ny\nz"\r\n2,"w"\r\n"3\r\n","\r\n"\r\n4,5');
    expect(found.rows.map((row) => row.line)).toEqual([2, 5, 6, 9]);
    expect(found.cells[0]).toEqual(['1', 'x\r\ny\nz']);
  });
});

test('gives the same rows wherever the file is cut into blocks', async () => {
  const odd = [
    '1,"a ""q"" b\r\nc",x',
    '2,5" y,z',
    '3,"open,x',
    '4,🙂,"é"',
    '5,"a "b" c\nd",e',
    '6,,,7',
    '8',
    '',
    '9,"",""',
  ];
  const lines = Array.from({ length: 60_000 }, (_, index) => odd[Math.imul(index, 7919) % odd.length] ?? '');
  const whole = await read(`a,b,c\n${lines.join('\r\n')}\r\n`);
  const shifted = await read(`${'a'.repeat(1001)},b,c\n${lines.join('\r\n')}\r\n`);
  expect(whole.rows.length).toBeGreaterThan(50_000);
  expect(shifted.rows).toEqual(whole.rows);
});

describe('JSONL', () => {
  test('takes the union of the keys, in the order in which they were first seen', async () => {
    const found = await read('{"b":1,"a":"x"}\n\n{"a":null,"c":[1,{"d":2}]}\r\n{"b":true}', 'table.jsonl');
    expect(found.columns).toEqual(['b', 'a', 'c']);
    expect(found.cells).toEqual([
      [1, 'x', null],
      [null, null, [1, { d: 2 }]],
      [true, null, null],
    ]);
    expect(found.rows.map((row) => row.line)).toEqual([1, 3, 4]);
  });

  test('makes malformed rows of what is no object', async () => {
    const found = await read('{"a":1}\n{"a":\n[1]\n"x"\nnull\n{"a":2}\n', 'table.jsonl');
    expect(found.rows.map((row) => row.kind)).toEqual([
      'record',
      'malformed',
      'malformed',
      'malformed',
      'malformed',
      'record',
    ]);
    expect(found.rows[1]).toMatchObject({ line: 2, text: '{"a":' });
    expect(found.rows[2]).toMatchObject({ line: 3, reason: 'an array where an object is expected' });
  });

  test('keeps the digits of integers that a number would lose', async () => {
    const found = await read(
      '{"id":12345678901234567890,"n":42,"x":[9007199254740993],"big":1e999,"f":0.1}\n',
      'table.jsonl',
    );
    expect(found.cells).toEqual([['12345678901234567890', 42, ['9007199254740993'], '1e999', 0.1]]);
  });

  test('adds columns that come late, and tells where', async () => {
    const found = await read(`${'{"a":1}\n'.repeat(50_000)}{"a":2,"late":3}\n`, 'table.jsonl');
    expect(found.columns).toEqual(['a', 'late']);
    expect(found.cells.at(-1)).toEqual([2, 3]);
    expect(found.warnings).toMatchObject([{ code: 'column_added', line: 50_001 }]);
  });

  test('cuts a line that never ends, and goes on after it', async () => {
    const found = await read(`{"a":1}\n{"a":"${'x'.repeat(5_000_000)}"}\n{"a":3}\n`, 'table.jsonl');
    expect(found.rows.map((row) => [row.kind, row.line])).toEqual([
      ['record', 1],
      ['malformed', 2],
      ['record', 3],
    ]);
  });
});
