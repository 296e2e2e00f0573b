import { describe, expect, test } from 'vitest';
import { readTable } from '../read-table.ts';

describe('headers', () => {
  test('makes names unique, and tells', async () => {
    const found = await readTable('name,name, ,name_2,,name\n1,2,3,4,5,6\n');
    expect(found.columns).toEqual(['name', 'name_3', 'column_3', 'name_2', 'column_5', 'name_4']);
    expect(new Set(found.columns).size).toBe(6);
    expect(found.warnings[0]).toMatchObject({ code: 'header_renamed', count: 4 });
    expect(found.warnings[0]?.message).toContain('"name" → "name_3"');
  });

  test('takes names as they are written, quoted newlines included', async () => {
    const found = await readTable('\n\n" a ","b\nc"\n1,2\n');
    expect(found.columns).toEqual([' a ', 'b\nc']);
    expect(found.rows[0]?.line).toBe(5);
  });
});

describe('records that are not as they should be', () => {
  test('pads short ones and tells where', async () => {
    const found = await readTable('a,b,c\n1,2,3\n4\n5,6\n');
    expect(found.cells).toEqual([
      ['1', '2', '3'],
      ['4', '', ''],
      ['5', '6', ''],
    ]);
    expect(found.warnings).toMatchObject([{ code: 'short_records_padded', count: 2, line: 3 }]);
  });

  test('makes long ones malformed, with their text', async () => {
    const found = await readTable('a,b\n"x\ny",2\n3,4,"5"\n6,7\n');
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
    const found = await readTable('a,b\n1,2\n3,"open\n5,6\n7,"ok, then"\n9,10\n');
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
    const found = await readTable(`a,b\n0,"open\n${'1,2\n'.repeat(rows)}`);
    expect(found.rows).toHaveLength(rows + 1);
    expect(found.rows[0]).toMatchObject({ kind: 'malformed', line: 2 });
    expect(found.rows.filter((row) => row.kind === 'malformed')).toHaveLength(1);
    expect(found.rows.at(-1)).toEqual({ kind: 'record', line: rows + 2, cells: ['1', '2'] });
  });

  test('keeps a record of several lines with a stray quote in one piece', async () => {
    const found = await readTable('a,b,c\n1,"he said "no" to\nme",x\n2,y,z\n');
    expect(found.rows[0]).toMatchObject({ kind: 'malformed', line: 2, text: '1,"he said "no" to\nme",x' });
    expect(found.rows[1]).toEqual({ kind: 'record', line: 4, cells: ['2', 'y', 'z'] });
  });

  test('takes a quote inside an unquoted field for text', async () => {
    const found = await readTable('a,b,c\n5" pipe,"x, y",it"s\n6,7,8\n');
    expect(found.cells).toEqual([
      ['5" pipe', 'x, y', 'it"s'],
      ['6', '7', '8'],
    ]);
  });

  test('cuts a record that never ends, and goes on after it', async () => {
    const found = await readTable(`a,b\n1,${'x'.repeat(3_000_000)}\n2,"${'y'.repeat(3_000_000)}"\n3,4\n`);
    expect(found.rows.map((row) => [row.kind, row.line])).toEqual([
      ['malformed', 2],
      ['malformed', 3],
      ['record', 4],
    ]);
    const [first] = found.rows;
    expect(first?.kind === 'malformed' && first.text.length).toBe(64 * 1024);
  });

  test('reads a header behind millions of blank lines', async () => {
    const found = await readTable(`${'\n'.repeat(3_000_000)}a,b\n1,2\n`);
    expect([found.columns, found.rows[0]?.line]).toEqual([['a', 'b'], 3_000_002]);
  });

  test('takes blank lines for nothing, but in a single column for empty cells where rows follow', async () => {
    expect((await readTable('a,b\n1,2\n\n\r\n3,4\n\n\n')).cells).toEqual([
      ['1', '2'],
      ['3', '4'],
    ]);
    const single = await readTable('a\n1\n\n3\n\n\n');
    expect(single.cells).toEqual([['1'], [''], ['3']]);
    expect(single.rows.map((row) => row.line)).toEqual([2, 3, 4]);
  });

  test('counts lines through quoted line ends of any kind', async () => {
    const found = await readTable('a,b\r\n1,"x\r\ny\nz"\r\n2,"w"\r\n"3\r\n","\r\n"\r\n4,5');
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
  const whole = await readTable(`a,b,c\n${lines.join('\r\n')}\r\n`);
  const shifted = await readTable(`${'a'.repeat(1001)},b,c\n${lines.join('\r\n')}\r\n`);
  expect(whole.rows.length).toBeGreaterThan(50_000);
  expect(shifted.rows).toEqual(whole.rows);
});
