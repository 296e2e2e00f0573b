import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDistinctCounter, measure } from '../../../src/tables/profile/hyperloglog.ts';
import { createValueCounts } from '../../../src/tables/profile/value-counts.ts';
import { kindOf } from '../../../src/tables/profile/value-kind.ts';
import type { TableProfile } from '../../../src/tables/table.ts';
import { createTestTables } from '../../support/tables.ts';

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-profile-')));
});
afterAll(() => rm(folder, { recursive: true }));

async function profile(body: string, name = 'table.csv'): Promise<TableProfile> {
  await writeFile(join(folder, name), body);
  const tables = createTestTables({
    roots: [folder],
  });
  return tables.profile(join(folder, name));
}

async function column(...values: string[]) {
  const found = await profile(`only,other\n${values.map((value) => `${value},x\n`).join('')}`);
  return { ...found.columns[0], warnings: found.warnings };
}

describe('kinds of values', () => {
  test.each([
    ['integer', ['0', '42', '-7', '+3', '12345678901234567890', ' 5 ']],
    ['number', ['1.5', '-0.25', '.5', '1e6', '2.5E-3', '3.']],
    ['boolean', ['true', 'FALSE', 'Yes', 'no']],
    ['date', ['2026-01-31', '2026/01/31', '31/01/2026', '01/31/2026', '31.01.2026', '1-2-2026']],
    ['timestamp', ['2026-01-31T10:20:30Z', '2026-01-31 10:20', '2026-01-31T10:20:30.123+02:00']],
    ['url', ['https://example.org/a?b=c', 'http://x', 's3://bucket/key']],
    ['email', ['a@example.org', 'first.last+tag@sub.example.co.uk']],
    ['json', ['{"a":1}', '[1,2]', '{}']],
    [
      'text',
      [
        '007',
        '+44 20 7946',
        '1,000',
        '1.2.3',
        '2026-13-01',
        '32/01/2026',
        'a@b',
        'x',
        '{a}',
        'https://',
        'NaN',
        '-',
        '12:30',
      ],
    ],
  ] as const)('tells %s', (kind, values) => {
    for (const value of values) expect(kindOf(value), value).toBe(kind);
  });
});

describe('columns', () => {
  test('counts rows, nulls and malformed records exactly', async () => {
    const found = await profile('a,b\n1,\n,x\n2,y,z\n\n3\n');
    expect(found).toMatchObject({ rowCount: 4, malformedCount: 1 });
    expect(found.columns.map(({ nulls }) => nulls)).toEqual([1, 2]);
    expect(found.warnings.map(({ code }) => code).sort()).toEqual(['malformed_records', 'short_records_padded']);
  });

  test.each([
    ['a,b\n', ['no_rows']],
    ['1,2\n3,4\n', ['header_like_data']],
    ['Ann,2024-01-01\nBob,2024-02-01\n', ['header_like_data']],
    ['country,2023,2024\nFR,1,2\n', []],
    ['name,2024-01-01\nAnn,5\n', []],
  ])('warns of a header without rows, or that is a row: %j', async (body, codes) => {
    expect((await profile(body)).warnings.map(({ code }) => code)).toEqual(codes);
  });

  test('estimates no more distinct values than there are', async () => {
    for (const count of [1000, 1500, 3000, 6000]) {
      const found = await column(...Array.from({ length: count }, (_, index) => `value ${index}`));
      expect(found.distinctEstimate).toBeLessThanOrEqual(count);
      expect(found.distinctEstimate).toBeGreaterThan(count === 1000 ? 999 : count * 0.9);
    }
  });

  test('gives the range of numbers by value, as written', async () => {
    expect(await column('10', '9', '-2.50', '1e1')).toMatchObject({ type: 'number', min: '-2.50', max: '10' });
    expect(await column('10', '9', '007')).toMatchObject({ type: 'text', minLength: 1, maxLength: 3 });
  });

  test('gives the range of dates in the order that fits all of them', async () => {
    expect(await column('31/01/2026', '01/02/2026', '02/12/2025')).toMatchObject({
      type: 'date',
      min: '02/12/2025',
      max: '01/02/2026',
    });
    expect(await column('01/31/2026', '12/02/2026', '02/01/2026')).toMatchObject({
      min: '01/31/2026',
      max: '12/02/2026',
    });
    expect(await column('2026-03-01', '2026-02-28T23:59:00-05:00')).toMatchObject({
      type: 'timestamp',
      min: '2026-03-01',
      max: '2026-02-28T23:59:00-05:00',
    });
  });

  test('measures texts in characters', async () => {
    expect(await column('🙂🙂', 'abc', 'é')).toMatchObject({ type: 'text', minLength: 1, maxLength: 3 });
  });

  test('tells a column that is nearly all numbers, and where it is not', async () => {
    const values = Array.from({ length: 100 }, (_, index) => (index === 60 ? 'n/a' : String(index)));
    const found = await column(...values);
    expect(found.type).toBe('text');
    expect(found.warnings).toMatchObject([{ code: 'mixed_types', count: 1, line: 62 }]);
  });

  test('calls a column without values empty', async () => {
    expect(await column('', '')).toMatchObject({
      type: 'empty',
      nulls: 2,
      distinctEstimate: 0,
      topValues: [],
      samples: [],
    });
  });

  test('takes three samples spread over the file', async () => {
    const values = Array.from({ length: 5000 }, (_, index) => `v${index}`);
    const { samples } = await column(...values);
    expect(samples?.[0]).toBe('v0');
    expect(Number(samples?.[1]?.slice(1))).toBeGreaterThan(1000);
    expect(Number(samples?.[2]?.slice(1))).toBeGreaterThan(4000);
  });

  test('counts the nulls of a JSONL column that comes late, and native types', async () => {
    const found = await profile(`${'{"a":true}\n'.repeat(9000)}${'{"a":false,"late":1.5}\n'.repeat(10)}`, 'late.jsonl');
    expect(found.columns).toMatchObject([
      {
        name: 'a',
        type: 'boolean',
        nulls: 0,
        topValues: [
          { value: 'true', count: 9000 },
          { value: 'false', count: 10 },
        ],
      },
      { name: 'late', type: 'number', nulls: 9000 },
    ]);
  });
});

describe('counting distinct values', () => {
  test.each([10, 1000, 10_000, 100_000, 1_000_000])('estimates %i within 5 percent', (count) => {
    const counter = createDistinctCounter();
    const measured = { hash: 0, characters: 0 };
    for (let repeat = 0; repeat < 2; repeat += 1) {
      for (let index = 0; index < count; index += 1) {
        measure(`value ${index}`, measured);
        counter.add(measured.hash);
      }
    }
    expect(Math.abs(counter.estimate() - count) / count).toBeLessThan(0.05);
  });

  test('finds a value that becomes frequent only after a thousand others', () => {
    const counts = createValueCounts();
    const measured = { hash: 0, characters: 0 };
    const add = (text: string) => {
      measure(text, measured);
      if (counts.count(text, measured.hash) === -1) counts.insert(text, measured.hash, 0);
    };
    for (let index = 0; index < 100_000; index += 1) add(`rare ${index}`);
    for (let index = 0; index < 200_000; index += 1) add(index % 20 === 0 ? 'late' : `rarer ${index}`);
    const [first] = counts.top(1);
    expect(first?.value).toBe('late');
    expect(first?.count).toBeGreaterThan(8000);
    expect(first?.count).toBeLessThanOrEqual(10_000);
    expect(counts.isExact()).toBe(false);
  });

  test('is exact for up to a thousand values', async () => {
    const values = Array.from({ length: 30_000 }, (_, index) => `v${index % 997}`);
    expect(await column(...values)).toMatchObject({
      distinctEstimate: 997,
      topValues: [{ value: 'v0', count: 31 }, {}, {}, {}, {}],
    });
  });
});

describe('progress', () => {
  test('tells the rows read so far and the share of the file, which is unknown where it is compressed', async () => {
    const body = `a,b\n${'some text,1\n'.repeat(20_000)}`;
    const shares: (number | undefined)[] = [];
    let last = 0;
    const onRows = ({ rows, share }: { rows: number; share: number | undefined }) => {
      expect(rows).toBeGreaterThan(last);
      last = rows;
      shares.push(share);
    };
    const tables = createTestTables({ roots: [folder] });
    await writeFile(join(folder, 'big.csv'), body);
    await tables.profile(join(folder, 'big.csv'), { onRows });
    expect(last).toBe(20_000);
    expect(shares.length).toBeGreaterThan(2);
    expect(shares[0]).toBeLessThan(1);
    expect(shares.at(-1)).toBeGreaterThan(0.99);
    await writeFile(join(folder, 'big.csv.gz'), gzipSync(body));
    [last, shares.length] = [0, 0];
    await tables.profile(join(folder, 'big.csv.gz'), { onRows });
    expect(new Set(shares)).toEqual(new Set([undefined]));
  });
});
