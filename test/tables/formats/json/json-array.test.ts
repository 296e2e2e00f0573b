import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ExactNumber } from '../../../../src/base/json/exact-number.ts';
import { readTable } from '../../read-table.ts';

describe('a JSON array', () => {
  test('is a table whose columns are the keys in first-seen order; nested values and long integers are kept', async () => {
    const text =
      '[\n  {"b": 1, "a": "x, ] } \\" [" },\n  {"c": {"d": [1, 12345678901234567890]}, "b": 9007199254740993}\n]\n';
    const found = await readTable(text, 'table.json');
    expect(found.format.name).toBe('json');
    expect(found.columns).toEqual(['b', 'a', 'c']);
    expect(found.cells).toEqual([
      [1, 'x, ] } " [', null],
      [new ExactNumber('9007199254740993'), null, { d: [1, new ExactNumber('12345678901234567890')] }],
    ]);
    expect(found.rows.map(({ line }) => line)).toEqual([2, 3]);
    expect(found.warnings).toEqual([]);
  });

  test('may be compressed, have a byte order mark, and have another extension', async () => {
    for (const [name, body] of [
      ['a.json.gz', gzipSync('[{"a":1}]')],
      ['a.json.zst', zstdCompressSync('[{"a":1}]')],
      ['a.json', '\ufeff[{"a":1}]'],
      ['a.txt', ' [ {"a":1}]'],
    ] as const) {
      expect((await readTable(body, name)).cells, name).toEqual([[1]]);
    }
  });

  test('may be objects on lines of a .json file', async () => {
    const found = await readTable('{"a":1}\n{"a":2}\n', 'table.json');
    expect(found.cells).toEqual([[1], [2]]);
    expect(found.format.name).toBe('jsonl');
  });

  test('makes a malformed row of each element that is no object, and reads the others', async () => {
    const found = await readTable('[{"a":1}, [2], 3, {"a":}, , {"a":2},]', 'table.json');
    expect(found.rows.map((row) => (row.kind === 'record' ? row.cells[0] : row.reason.slice(0, 12)))).toEqual([
      1,
      'an array whe',
      'a number whe',
      'not JSON (Un',
      'nothing wher',
      2,
      'nothing wher',
    ]);
  });

  test('that is cut off, or has text behind its end, ends with a malformed row', async () => {
    const cut = await readTable('[{"a":1},{"a":"tex', 'table.json');
    expect(cut.rows.map(({ kind }) => kind)).toEqual(['record', 'malformed']);
    expect(cut.rows[1]).toMatchObject({ text: '{"a":"tex', reason: expect.stringContaining('cut off') });
    const more = await readTable('[{"a":1}] {"a":2}', 'table.json');
    expect(more.rows[1]).toMatchObject({ kind: 'malformed', reason: expect.stringContaining('after the end') });
  });

  test('reads objects across chunks, and leaves out objects above 1 MiB', async () => {
    const objects = Array.from({ length: 3000 }, (_, index) => ({ n: index, text: '🙂"\\[{,'.repeat(index % 50) }));
    const found = await readTable(JSON.stringify(objects), 'table.json');
    expect(found.cells).toEqual(objects.map(({ n, text }) => [n, text]));
    const long = await readTable(`[{"a":"${'x'.repeat(1_100_000)}"},{"a":1}]`, 'table.json');
    expect(long.rows).toMatchObject([{ kind: 'malformed', reason: 'the object is longer than 1 MiB' }, { cells: [1] }]);
  });

  test('nested deeper than 256 levels is a malformed row, in JSONL too', async () => {
    const deep = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    const found = await readTable(`[${deep(200)},${deep(300)},${deep(200_000)}]`, 'table.json');
    expect(found.rows.map(({ kind }) => kind)).toEqual(['record', 'malformed', 'malformed']);
    expect((await readTable(`${deep(200_000)}\n`, 'table.jsonl')).rows[0]?.kind).toBe('malformed');
  });

  test('without objects has no columns', async () => {
    expect(await readTable('[]', 'table.json')).toMatchObject({ columns: [], rows: [] });
  });
});
