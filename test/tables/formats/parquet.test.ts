import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { parquetMetadataAsync, type SchemaElement } from 'hyparquet';
import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExactNumber } from '../../../src/base/json/exact-number.ts';
import type { Tables } from '../../../src/tables/table.ts';
import { readAll } from '../../contracts/tables-place.ts';
import { createTestTables, openTable } from '../../support/tables.ts';

let folder: string;
let tables: Tables;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-parquet-')));
  tables = createTestTables({ roots: [folder] });
});
afterEach(() => rm(folder, { recursive: true }));

const utc = (unit: 'MILLIS' | 'MICROS' | 'NANOS', isAdjustedToUTC = true) =>
  ({ type: 'TIMESTAMP', isAdjustedToUTC, unit }) as const;
const bytes = (text: string) => new TextEncoder().encode(text);

/** A column: its schema element, values as hyparquet's writer takes them, and the cells that they must be. */
const COLUMNS: [Partial<SchemaElement>, unknown[], unknown[]][] = [
  [{ type: 'BOOLEAN' }, [true, false], [true, false]],
  [{ type: 'INT32' }, [-2147483648, 2147483647], [-2147483648, 2147483647]],
  [{ type: 'INT64' }, [9007199254740993n, -5n], [new ExactNumber('9007199254740993'), -5]],
  [{ type: 'INT32', converted_type: 'UINT_32' }, [4294967295, 0], [4294967295, 0]],
  [
    { type: 'INT64', converted_type: 'UINT_64' },
    [18446744073709551615n, 1n],
    [new ExactNumber('18446744073709551615'), 1],
  ],
  [{ type: 'DOUBLE' }, [0.1, Number.NaN], [0.1, 'NaN']],
  [{ type: 'DOUBLE' }, [Number.NEGATIVE_INFINITY, -0.5], ['-Infinity', -0.5]],
  [{ type: 'FLOAT' }, [1.5, -2], [1.5, -2]],
  [{ type: 'INT32', converted_type: 'DECIMAL', scale: 2, precision: 9 }, [1999n, -5n], ['19.99', '-0.05']],
  [
    { type: 'INT64', converted_type: 'DECIMAL', scale: 4, precision: 18 },
    [123456789012345678n, 0n],
    ['12345678901234.5678', '0.0000'],
  ],
  [
    { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, converted_type: 'DECIMAL', scale: 3, precision: 38 },
    [12345678901234567890123456789n, -1n],
    ['12345678901234567890123456.789', '-0.001'],
  ],
  [{ type: 'INT32', converted_type: 'DATE' }, [19000, -1], ['2022-01-08', '1969-12-31']],
  [
    { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
    [1n, -1n],
    ['1970-01-01T00:00:00.001Z', '1969-12-31T23:59:59.999Z'],
  ],
  [
    { type: 'INT64', converted_type: 'TIMESTAMP_MICROS' },
    [1700000000000001n, -1n],
    ['2023-11-14T22:13:20.000001Z', '1969-12-31T23:59:59.999999Z'],
  ],
  [
    { type: 'INT64', logical_type: utc('NANOS') },
    [1700000000000000001n, 0n],
    ['2023-11-14T22:13:20.000000001Z', '1970-01-01T00:00:00.000000000Z'],
  ],
  [
    { type: 'INT64', logical_type: utc('MILLIS', false) },
    [5n, 0n],
    ['1970-01-01T00:00:00.005', '1970-01-01T00:00:00.000'],
  ],
  [{ type: 'INT32', converted_type: 'TIME_MILLIS' }, [3723004, 0], ['01:02:03.004', '00:00:00.000']],
  [
    { type: 'INT64', logical_type: { type: 'TIME', isAdjustedToUTC: true, unit: 'MICROS' } },
    [86399999999n, 0n],
    ['23:59:59.999999', '00:00:00.000000'],
  ],
  [{ type: 'BYTE_ARRAY', converted_type: 'UTF8' }, ['\ufeffä🙂', ''], ['\ufeffä🙂', '']],
  [{ type: 'BYTE_ARRAY', converted_type: 'ENUM' }, [bytes('red'), bytes('blue')], ['red', 'blue']],
  [{ type: 'BYTE_ARRAY' }, [bytes('plain'), new Uint8Array([255, 0])], ['plain', 'base64:/wA=']],
  [{ type: 'BYTE_ARRAY', converted_type: 'JSON' }, [{ a: [1, 'x', null] }, 'text'], [{ a: [1, 'x', null] }, 'text']],
  [
    { type: 'FIXED_LEN_BYTE_ARRAY', type_length: 16, logical_type: { type: 'UUID' } },
    ['123e4567-e89b-12d3-a456-426614174000', '00000000-0000-0000-0000-000000000000'],
    ['123e4567-e89b-12d3-a456-426614174000', '00000000-0000-0000-0000-000000000000'],
  ],
];

const NAMES = COLUMNS.map(
  ([element], index) => `${index} ${element.logical_type?.type ?? element.converted_type ?? element.type}`,
);

function fileOf(options: object = {}): Buffer {
  const schema = [
    { name: 'root', num_children: COLUMNS.length },
    ...COLUMNS.map(([element], index) => ({
      ...element,
      name: NAMES[index] ?? '',
      repetition_type: 'OPTIONAL' as const,
    })),
  ];
  const columnData = COLUMNS.map(
    ([, values], index): ColumnSource => ({ name: NAMES[index] ?? '', data: [...values, null] }),
  );
  return Buffer.from(parquetWriteBuffer({ columnData, schema, ...options }));
}

const CELLS = [0, 1, 2].map((row) => COLUMNS.map(([, , cells]) => cells[row] ?? null));

async function elementsOf(file: Buffer): Promise<object[]> {
  const view = {
    byteLength: file.length,
    slice: (start: number, end?: number) => Uint8Array.from(file.subarray(start, end)).buffer,
  };
  return (await parquetMetadataAsync(view)).schema.slice(1).map(({ name: _name, ...element }) => element);
}

describe('a Parquet file of others', () => {
  test('gives each type as the cell that loses nothing', async () => {
    await writeFile(join(folder, 'a.parquet'), fileOf());
    const { columns, rows } = await readAll(tables, join(folder, 'a.parquet'));
    expect(columns).toEqual(NAMES);
    expect(rows.map((row) => row.cells)).toEqual(CELLS);
  });

  test('is written again with the same types and values', async () => {
    await writeFile(join(folder, 'a.parquet'), fileOf());
    const source = await tables.openSource(join(folder, 'a.parquet'));
    const writer = await openTable(tables, join(folder, 'b.parquet'), source.columns(), {
      types: source.types?.() ?? [],
    });
    for await (const rows of source.rows()) await writer.write(rows.map((row) => row.cells));
    await writer.commit();
    expect((await readAll(tables, join(folder, 'b.parquet'))).rows.map((row) => row.cells)).toEqual(CELLS);
    const before = await elementsOf(fileOf());
    const after = await elementsOf(await readFile(join(folder, 'b.parquet')));
    const typeOf = (element: object) => {
      const { type, type_length, converted_type, scale, precision } = element as SchemaElement;
      return { type, type_length, converted_type, scale, precision };
    };
    // Bytes of no known meaning become text.
    const expected = before
      .map(typeOf)
      .map((element, index) =>
        /BYTE_ARRAY$|ENUM$/.test(NAMES[index] ?? '') ? { ...element, converted_type: 'UTF8' } : element,
      );
    expect(after.map(typeOf)).toEqual(expected);
  });

  test.each([
    ['UNCOMPRESSED', undefined],
    ['GZIP', (input: Uint8Array) => gzipSync(input)],
    ['ZSTD', (input: Uint8Array) => zstdCompressSync(input)],
  ] as const)('may be compressed as %s', async (codec, compress) => {
    const options = { codec, ...(compress && { compressors: { [codec]: compress } }) };
    await writeFile(join(folder, 'a.parquet'), fileOf(options));
    expect((await readAll(tables, join(folder, 'a.parquet'))).rows.map((row) => row.cells)).toEqual(CELLS);
  });

  test('gives lists and structures as JSON', async () => {
    const schema: SchemaElement[] = [
      { name: 'root', num_children: 2 },
      { name: 'list', repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', repetition_type: 'OPTIONAL', type: 'INT64' },
      { name: 'struct', repetition_type: 'OPTIONAL', num_children: 2 },
      { name: 'a', repetition_type: 'OPTIONAL', type: 'BYTE_ARRAY', converted_type: 'UTF8' },
      { name: 'b', repetition_type: 'OPTIONAL', type: 'INT32', converted_type: 'DATE' },
    ];
    const columnData: ColumnSource[] = [
      { name: 'list', data: [[1n, 9007199254740993n, null], [], null] },
      { name: 'struct', data: [{ a: 'x', b: 1 }, { a: null, b: null }, null] },
    ];
    await writeFile(join(folder, 'a.parquet'), Buffer.from(parquetWriteBuffer({ columnData, schema })));
    expect((await readAll(tables, join(folder, 'a.parquet'))).rows.map((row) => row.cells)).toEqual([
      [[1, new ExactNumber('9007199254740993'), null], { a: 'x', b: '1970-01-02' }],
      [[], { a: null, b: null }],
      [null, null],
    ]);
  });

  test('is profiled', async () => {
    await writeFile(join(folder, 'a.parquet'), fileOf());
    const profile = await tables.profile(join(folder, 'a.parquet'));
    expect(profile).toMatchObject({ rowCount: 3, format: { name: 'parquet', compression: 'none' } });
    expect(profile.columns.slice(0, 3).map(({ type, nulls }) => ({ type, nulls }))).toEqual([
      { type: 'boolean', nulls: 1 },
      { type: 'integer', nulls: 1 },
      { type: 'integer', nulls: 1 },
    ]);
  });

  test('with a broken page is told by its name', async () => {
    const file = fileOf({ codec: 'GZIP', compressors: { GZIP: (input: Uint8Array) => gzipSync(input) } });
    file.fill(0xee, 10, 200);
    await writeFile(join(folder, 'a.parquet'), file);
    const fault = await readAll(tables, join(folder, 'a.parquet')).catch((thrown: Error) => thrown);
    expect(fault).toMatchObject({ code: 'not_a_table', message: expect.stringContaining('a.parquet') });
  });

  test('with a broken footer is no whole Parquet file', async () => {
    const file = fileOf();
    for (const broken of [file.fill(0xee, file.length - 200, file.length - 8), file.subarray(0, file.length - 9)]) {
      await writeFile(join(folder, 'a.parquet'), broken);
      const fault = await readAll(tables, join(folder, 'a.parquet')).catch((thrown: Error) => thrown);
      const text = "a.parquet is not a whole Parquet file (its footer can't be read): write it again.";
      expect(fault).toMatchObject({ code: 'not_a_table', message: expect.stringContaining(text) });
    }
  });

  test('is called by its name when it has another extension', async () => {
    await writeFile(join(folder, 'a.csv'), fileOf());
    await expect(tables.openSource(join(folder, 'a.csv'))).rejects.toThrow(/is Parquet.*name it \.parquet/);
  });
});
