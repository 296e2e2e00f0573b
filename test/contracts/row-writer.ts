import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Json } from '../../src/protocol/messages.ts';
import type { OutputRecord, RecordsWriter } from '../../src/tables/row-writer.ts';
import { openTable } from '../support/tables.ts';
import { faultOf, HEADER, readAll, type TablesPlace, TEXT_ROWS } from './tables-place.ts';

/** The contract of a writer of whole tables. `extension` names the format. */
export function testTableWriter(name: string, open: () => Promise<TablesPlace>, extension: string): void {
  describe(`a table writer on ${name}`, () => {
    let place: TablesPlace;
    const at = () => place;
    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place.close());

    test(`gives back every cell of a .${extension} exactly`, async () => {
      const { tables, uri } = at();
      const writer = await openTable(tables, uri(`round.${extension}`), HEADER);
      await writer.write(TEXT_ROWS.slice(0, 3));
      await writer.write(TEXT_ROWS.slice(3));
      const committed = await writer.commit();
      expect(committed.bytes).toBe((await at().get(`round.${extension}`)).length);

      const back = await readAll(tables, committed.uri);
      expect(back.columns).toEqual(HEADER);
      expect(back.rows.map((row) => row.kind)).toEqual(TEXT_ROWS.map(() => 'record'));
      expect(back.rows.map((row) => row.cells)).toEqual(TEXT_ROWS);
    });

    test('shows nothing before commit and leaves nothing after abort', async () => {
      const { tables, uri, names } = at();
      const before = await names();
      const writer = await openTable(tables, uri(`never.${extension}`), ['a']);
      await writer.write([['x']]);
      await expect(readAll(tables, uri(`never.${extension}`))).rejects.toMatchObject({ code: 'file_not_found' });
      await writer.abort();
      await writer.abort();
      expect(await names()).toEqual(before);
    });

    test('leaves nothing when a large output is aborted half way', async () => {
      const { tables, uri, names } = at();
      const before = await names();
      const writer = await openTable(tables, uri(`large-never.${extension}`), ['a']);
      for (let part = 0; part < 20; part += 1)
        await writer.write(Array.from({ length: 1000 }, () => ['x'.repeat(1000)]));
      await writer.abort();
      expect(await names()).toEqual(before);
    });

    test(`replaces what was there where it may, at commit and not before`, async () => {
      const { tables, uri } = at();
      const write = async (cell: string) => {
        const writer = await openTable(tables, uri(`replaced.${extension}`), ['a'], { overwrite: true });
        await writer.write([[cell]]);
        return writer;
      };
      await (await write('old')).commit();
      const writer = await write('new');
      expect((await readAll(tables, uri(`replaced.${extension}`))).rows[0]?.cells).toEqual(['old']);
      await writer.commit();
      await writer.abort();
      expect((await readAll(tables, uri(`replaced.${extension}`))).rows[0]?.cells).toEqual(['new']);
    });

    test('refuses an output onto the source', async () => {
      await at().put(`source.${extension}`, 'a\n1\n');
      const { tables, uri } = at();
      expect((await faultOf(tables.checkWriter(uri(`source.${extension}`), [uri(`source.${extension}`)]))).code).toBe(
        'output_is_source',
      );
      await tables.checkWriter(uri(`other.${extension}`), [uri(`source.${extension}`)]);
    });

    test('refuses an output onto what is there already, unless it may be overwritten', async () => {
      await at().put(`there.${extension}`, 'a\n1\n');
      await at().put(`parts/source.${extension}`, 'a\n1\n');
      const { tables, uri } = at();
      const fault = await faultOf(tables.checkWriter(uri(`there.${extension}`), []));
      expect(fault.code).toBe('output_exists');
      expect(fault.message).toMatch(/there\.[a-z.]+" exists already\. .*--overwrite/);
      await tables.checkWriter(uri(`there.${extension}`), [], { overwrite: true });
      await at().put(`source.${extension}`, 'a\n1\n');
      expect((await faultOf(tables.checkWriter(uri('parts/'), [uri(`source.${extension}`)]))).code).toBe(
        'output_exists',
      );
    });
  });
}

/** A destination of records, with access to its contents. */
export interface RecordsBench {
  open(): Promise<RecordsWriter>;
  /** A record in the form in which the destination keeps it; undefined for one that it does not keep. */
  kept(record: OutputRecord): Json | undefined;
  /** What is stored, by key. */
  stored(): Promise<Map<string, Json>>;
  close(): Promise<void>;
}

/** A record as the runner makes it, with a test's changes. */
function newRecord(key: string, change: Partial<OutputRecord> = {}): OutputRecord {
  return {
    key,
    batchId: 'bat_1',
    row: 0,
    line: 1,
    ...{ columns: ['q', 'nested'], origin: { cells: [key, { list: [1, null, 'ü'] }] } },
    output: { intent: 'refund', scores: [0.5] },
    error: null,
    usage: { inputTokens: 10, outputTokens: 5, cacheWriteTokens: 0, cacheReadTokens: 0 },
    costMicroUsd: 12.5,
    endedAt: 1_000,
    ...change,
  };
}

/** The contract of a writer of records. */
export function testRecordsWriter(name: string, open: () => Promise<RecordsBench>): void {
  describe(`a records writer on ${name}`, () => {
    let bench: RecordsBench;
    beforeAll(async () => {
      bench = await open();
    });
    afterAll(() => bench.close());

    test('keeps each record whole once its write has resolved, without a close', async () => {
      const writer = await bench.open();
      const failed = newRecord('b', { row: 1, output: null, error: { code: 'refused', message: 'No.' } });
      await writer.write([newRecord('a'), failed]);
      const stored = await bench.stored();
      expect([stored.get('a'), stored.get('b')]).toEqual([newRecord('a'), failed].map(bench.kept));
      await writer.close();
    });

    test('replaces a record that is written again, also by another writer', async () => {
      const first = await bench.open();
      await first.write([newRecord('again', { row: 2 }), newRecord('other', { row: 3 })]);
      await first.write([newRecord('again', { row: 2, endedAt: 2_000 })]);
      const second = await bench.open();
      await second.write([newRecord('again', { row: 2, endedAt: 3_000 })]);
      const stored = await bench.stored();
      expect(stored.get('again')).toEqual(bench.kept(newRecord('again', { row: 2, endedAt: 3_000 })));
      expect(stored.get('other')).toEqual(bench.kept(newRecord('other', { row: 3 })));
      expect([...stored.keys()].filter((key) => key === 'again')).toHaveLength(1);
      await first.close();
      await second.close();
    });

    test('takes no record at all, and may be closed twice', async () => {
      const before = await bench.stored();
      const writer = await bench.open();
      await writer.write([]);
      await writer.close();
      await writer.close();
      expect(await bench.stored()).toEqual(before);
    });
  });
}
