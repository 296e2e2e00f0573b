import { describe, expect, test } from 'vitest';
import { ExactNumber } from '../../../../src/base/json/exact-number.ts';
import { readTable } from '../../read-table.ts';

describe('JSONL', () => {
  test('takes the union of the keys, in the order in which they were first seen', async () => {
    const found = await readTable('{"b":1,"a":"x"}\n\n{"a":null,"c":[1,{"d":2}]}\r\n{"b":true}', 'table.jsonl');
    expect(found.columns).toEqual(['b', 'a', 'c']);
    expect(found.cells).toEqual([
      [1, 'x', null],
      [null, null, [1, { d: 2 }]],
      [true, null, null],
    ]);
    expect(found.rows.map((row) => row.line)).toEqual([1, 3, 4]);
  });

  test('makes malformed rows of what is no object', async () => {
    const found = await readTable('{"a":1}\n{"a":\n[1]\n"x"\nnull\n{"a":2}\n', 'table.jsonl');
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
    const found = await readTable(
      '{"id":12345678901234567890,"n":42,"x":[9007199254740993],"big":1e999,"f":0.1}\n',
      'table.jsonl',
    );
    expect(found.cells).toEqual([
      [
        new ExactNumber('12345678901234567890'),
        42,
        [new ExactNumber('9007199254740993')],
        new ExactNumber('1e999'),
        0.1,
      ],
    ]);
  });

  test('warns of a key that one object has twice, and names its line', async () => {
    const lines = [
      '{"a":1,"note":"\\"a\\": twice \\"a\\":"}',
      '{"a":1,"a":2}',
      '{"a":3,"deep":[{"b":1 , "b" :2}]}',
      '{"a":{"a":{"a":4}}}',
    ];
    const found = await readTable(`${lines.join('\n')}\n`, 'table.jsonl');
    expect(found.cells.map(([a]) => a)).toEqual([1, 2, 3, { a: { a: 4 } }]);
    expect(found.warnings).toMatchObject([{ code: 'repeated_keys', count: 2, line: 2 }]);
    expect(found.warnings[0]?.message).toBe(
      '2 records with the same key twice in one object, the first on line 2: "a". Only the last value of such a key is read.',
    );
  });

  test('adds columns that come late, and tells where', async () => {
    const found = await readTable(`${'{"a":1}\n'.repeat(50_000)}{"a":2,"late":3}\n`, 'table.jsonl');
    expect(found.columns).toEqual(['a', 'late']);
    expect(found.cells.at(-1)).toEqual([2, 3]);
    expect(found.warnings).toMatchObject([{ code: 'column_added', line: 50_001 }]);
  });

  test('cuts a line that never ends, and goes on after it', async () => {
    const found = await readTable(`{"a":1}\n{"a":"${'x'.repeat(5_000_000)}"}\n{"a":3}\n`, 'table.jsonl');
    expect(found.rows.map((row) => [row.kind, row.line])).toEqual([
      ['record', 1],
      ['malformed', 2],
      ['record', 3],
    ]);
  });
});
