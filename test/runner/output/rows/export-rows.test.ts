import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ExportQuery } from '../../../../src/runner/contract/request/export.ts';
import type { Cell } from '../../../../src/tables/cell.ts';
import { echo, say, startWorld, type World } from '../../world.ts';

let world: World;
let id: string;

/** Rows a, bad, c of which the second fails, and d that is not run. */
beforeEach(async () => {
  world = await startWorld({
    respond: async (row, context) => (row['q'] === 'bad' ? [{ type: 'text', text: 'no' }] : echo(row, context)),
    agent: { limits: { max_turns: 1 } },
  });
  await world.write('table.csv', 'q,n\na,1\nbad,2\nc,3\nd,4\n');
  id = await world.start({ concurrency: 1, sample: 3 });
  await world.runner.drive(id);
});
afterEach(() => world.close());

async function exported(query: ExportQuery): Promise<{ name: string; bytes: Buffer }> {
  const { fileName, bytes } = await world.runner.export(id, query);
  return { name: fileName, bytes: Buffer.concat(await Array.fromAsync(bytes)) };
}

async function readBack(query: ExportQuery): Promise<{ columns: string[]; rows: Cell[][] }> {
  const { name, bytes } = await exported(query);
  await writeFile(join(world.folder, name), bytes);
  const source = await world.deps.tables.openSource(join(world.folder, name));
  const rows = (await Array.fromAsync(source.rows())).flat();
  return { columns: source.columns(), rows: rows.map((row) => (row as { cells: Cell[] }).cells) };
}

describe('an export', () => {
  it('reads the inputs of its rows only where a column needs them', async () => {
    await world.close();
    const agent = { prompt: { user: 'Say {{q}}', placeholders: ['q'] }, limits: { max_field_characters: 50 } };
    world = await startWorld({ respond: () => say({ answer: 'yes' }), agent });
    await world.write('table.csv', `q\n${'long '.repeat(30)}\nshort\n`);
    id = await world.start();
    await world.runner.drive(id);
    const readRows = vi.spyOn(world.store, 'readRows');
    const query = { format: 'jsonl' as const, columns: ['answer'] };
    expect((await exported(query)).bytes.toString()).toBe('{"answer":"yes"}\n{"answer":"yes"}\n');
    const { rows } = await readBack({ ...query, metadata: ['_truncated_fields'] });
    expect(rows).toEqual([
      ['yes', ['q']],
      ['yes', null],
    ]);
    expect(readRows.mock.calls.map(([, page]) => page.withInput)).toEqual([false, true]);
  });

  it('neutralises formulas where the batch does, unless it is asked not to', async () => {
    await world.runner.cancel(id);
    await world.runner.drive(id);
    await world.write('table.csv', 'q\n=1+1\n');
    id = await world.start({ spreadsheet_safe: true, overwrite: true });
    await world.runner.drive(id);
    const query = { columns: ['q'] };
    expect((await exported(query)).bytes.toString()).toBe("q\n'=1+1\n");
    expect((await exported({ ...query, spreadsheet_safe: false })).bytes.toString()).toBe('q\n=1+1\n');
  });

  it('has the columns of the table, with the results so far', async () => {
    const { name, bytes } = await exported({});
    expect(name).toBe(`${id}.csv`);
    const lines = bytes.toString().split('\n');
    expect(lines[0]).toBe('q,n,answer,_status,_processing_time,_error');
    expect(lines[1]).toMatch(/^a,1,a!,SUCCESS,/);
    expect(lines[2]).toMatch(/^bad,2,,FAILED,.*,"?\w+: /);
    expect(lines[4]).toBe('d,4,,NOT_RUN,,');
  });

  it.each<ExportQuery>([
    { format: 'csv' },
    { format: 'csv', compression: 'gzip' },
    { format: 'tsv', compression: 'zstd' },
    { format: 'jsonl' },
    { format: 'json' },
    { format: 'xlsx' },
    { format: 'parquet' },
  ])('has its chosen columns, in their order, as %j', async (query) => {
    const chosen = { columns: ['answer', '_status', 'q'], metadata: ['_trace_id', '_status', '_row'] as const };
    const { columns, rows } = await readBack({ ...query, ...chosen, metadata: [...chosen.metadata] });
    expect(columns).toEqual(['answer', '_status', 'q', '_trace_id', '_row']);
    const text = rows.map((cells) => cells.map((cell) => String(cell ?? '')));
    expect(text).toEqual([
      ['a!', 'SUCCESS', 'a', `${id}/0/1`, '0'],
      ['', 'FAILED', 'bad', `${id}/1/1`, '1'],
      ['c!', 'SUCCESS', 'c', `${id}/2/1`, '2'],
      ['', 'NOT_RUN', 'd', '', '3'],
    ]);
  });

  it.each([
    ['succeeded', 'q\na\nc\n'],
    ['failed', 'q\nbad\n'],
    ['not_run', 'q\nd\n'],
  ] as const)('has only rows that are %s', async (rows, expected) => {
    expect((await exported({ rows, columns: ['q'] })).bytes.toString()).toBe(expected);
  });

  it('has when rows began and ended', async () => {
    const { rows } = await readBack({ format: 'jsonl', columns: ['_started_at', '_ended_at', '_attempt', '_line'] });
    expect(rows[0]?.[0]).toMatch(/^\d{4}-\d\d-\d\dT/);
    expect(String(rows[0]?.[1]) >= String(rows[0]?.[0])).toBe(true);
    expect(rows.map(([, , attempt, line]) => [attempt, line])).toEqual([
      ...[1, 1, 1].map((attempt, row) => [attempt, row + 2]),
      [0, 5],
    ]);
  });

  it.each<[ExportQuery, string, RegExp]>([
    [{ columns: ['anser'] }, 'column_unknown', /Did you mean "answer"\?/],
    [{ format: 'xlsx', compression: 'gzip' }, 'format_unsupported', /xlsx/],
    [{ format: 'doc' as 'csv' }, 'invalid_arguments', /format/],
    [{ metadata: ['_colour' as '_row'] }, 'invalid_arguments', /metadata/],
  ])('is refused before its first byte with a query like %j', async (query, code, told) => {
    await expect(world.runner.export(id, query)).rejects.toMatchObject({
      ...{ code, message: expect.stringMatching(told) },
    });
  });

  it.each(['csv', 'xlsx', 'parquet'] as const)('as %s ends with its consumer, and reads no further', async (format) => {
    const [row] = await world.store.readRows(id, { fromRow: 0, limit: 1 });
    if (row === undefined) throw new Error('no row');
    let pages = 0;
    world.store.readRows = async (_, { fromRow, limit }) => {
      pages += 1;
      // More than a test waits for, so that an export that goes on is seen.
      if (pages > 400) return [];
      const cells = () => [`${crypto.randomUUID()} ${crypto.randomUUID()}`, '1'];
      return Array.from({ length: limit }, (_, index) => ({ ...row, row: fromRow + index, cells: cells() }));
    };
    const { bytes } = await world.runner.export(id, { format });
    expect((await bytes.next()).done).toBe(false);
    const before = pages;
    await bytes.return(undefined);
    expect(before).toBeLessThan(300);
    expect(pages).toBeLessThanOrEqual(before + 2);
  });

  it('reports a fault of the store to its consumer', async () => {
    world.store.readRows = () => Promise.reject(new Error('The disk is gone.'));
    await expect(exported({})).rejects.toThrow('The disk is gone.');
  });
});
