import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Rig, runToEnd, startRig } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.close());

describe('get_batch_results', () => {
  it('pages by an opaque cursor, by status and by fields', async () => {
    const id = await runToEnd(rig);
    const first = await rig.call('get_batch_results', { batch_id: id, status: 'Success', limit: 1, fields: ['speed'] });
    expect(first['rows']).toMatchObject([{ row: 0, source: {}, output: { speed: 'fast' } }]);
    expect(Object.keys((first['rows'] as [{ output: object }])[0].output)).toEqual(['speed']);
    const second = await rig.call('get_batch_results', {
      batch_id: id,
      status: 'SUCCESS',
      limit: 1,
      cursor: first['next_cursor'] ?? '',
    });
    expect(second).toMatchObject({ rows: [{ row: 1 }], next_cursor: null });
    expect(second['resource_uri']).toBe(`rowmill://batches/${id}/results.csv`);
    const failed = await rig.call('get_batch_results', { batch_id: id, status: 'FAILED' });
    expect(failed['rows']).toMatchObject([{ row: 2, _error: expect.stringMatching(/^[a-z_]+: ./) }]);
  });

  it('refuses a cursor that is not of this batch and filter, and an unknown status and field', async () => {
    const id = await runToEnd(rig);
    const { next_cursor } = await rig.call('get_batch_results', { batch_id: id, limit: 1 });
    for (const input of [
      { batch_id: id, cursor: 'x' },
      { batch_id: id, cursor: next_cursor ?? '', status: 'FAILED' },
      { batch_id: id, status: 'done' },
      { batch_id: id, limit: 51 },
    ]) {
      expect(await rig.fail('get_batch_results', input)).toMatchObject({ code: 'invalid_arguments' });
    }
    expect(await rig.fail('get_batch_results', { batch_id: id, fields: ['sped'] })).toMatchObject({
      code: 'field_unknown',
      message: expect.stringContaining('"speed"'),
    });
  });

  it('shortens a page of long rows and goes on exactly where it stopped', async () => {
    const rows = Array.from({ length: 12 }, (_, index) => `${index} ${'x'.repeat(30_000)},AB1`);
    const long = await rig.write('long.csv', `address,postcode\n${rows.join('\n')}\n`);
    const id = await runToEnd(rig, { csv_uri: long });
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await rig.call('get_batch_results', {
        batch_id: id,
        fields: ['address'],
        ...(cursor === undefined ? {} : { cursor }),
      });
      expect(JSON.stringify(page).length).toBeLessThan(100_000);
      for (const row of page['rows'] as { row: number; source: { address: string }; cut?: boolean }[]) {
        seen.push(row.row);
        expect(row.cut ?? row.source.address.length > 30_000).toBe(true);
      }
      cursor = (page['next_cursor'] as string | null) ?? undefined;
    } while (cursor !== undefined);
    expect(seen).toEqual(Array.from({ length: 12 }, (_, index) => index));
  });

  it('cuts a row that is too long for any page, and says so', async () => {
    const huge = await rig.write('huge.csv', `address,postcode\n${'y'.repeat(200_000)},AB1\n`);
    const id = await runToEnd(rig, { csv_uri: huge });
    const { rows } = await rig.call('get_batch_results', { batch_id: id });
    expect(rows).toMatchObject([{ cut: true, source: { address: expect.stringMatching(/^y+…$/) } }]);
  });

  it('neutralises formulas where asked, as the CSV of a batch that was started so does', async () => {
    const formulas = await rig.write('formulas.csv', 'Address,postcode,=note\n=1+1,AB1,-5\n"@cmd",CD2,x\n');
    const id = await runToEnd(rig, { csv_uri: formulas, options: { spreadsheet_safe: true } });
    const plain = await rig.call('get_batch_results', { batch_id: id });
    expect(plain['rows']).toMatchObject([{ source: { Address: '=1+1' }, output: { seen: '=1+1' } }, {}]);
    const safe = await rig.call('get_batch_results', { batch_id: id, spreadsheet_safe: true });
    expect(safe['rows']).toMatchObject([
      { source: { Address: "'=1+1", '=note': '-5' }, output: { seen: "'=1+1" } },
      { source: { Address: "'@cmd" }, output: { seen: "'@cmd" } },
    ]);
    const csv = async (style?: { spreadsheetSafe: boolean }) =>
      (await Array.fromAsync(rig.runner.csv(id, style))).join('');
    expect(await csv()).toMatch(/^Address,postcode,'=note,.*\n'=1\+1,AB1,-5,fast,'=1\+1,/);
    expect(await csv({ spreadsheetSafe: false })).toMatch(/^Address,postcode,=note,.*\n=1\+1,AB1,-5,fast,=1\+1,/);
  });
});
