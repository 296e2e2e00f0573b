import { expect, it } from 'vitest';
import { readTable } from '../read-table.ts';

it('reads a table with another delimiter', async () => {
  const table = await readTable('id^note\n1^a,b\n', 'table.csv', { delimiter: '^' });
  expect(table.columns).toEqual(['id', 'note']);
  expect(table.cells).toEqual([['1', 'a,b']]);
});

it('leaves out lines before the header, of any line end, and keeps line numbers', async () => {
  for (const end of ['\n', '\r\n', '\r']) {
    const body = ['Report, of "May', '', 'id;note', '1;a', '2;b;c'].join(end);
    const table = await readTable(body, 'table.csv', { skipLines: 2 });
    expect(table.columns).toEqual(['id', 'note']);
    expect(table.rows.map(({ line }) => line)).toEqual([4, 5]);
  }
});

it('numbers the columns of a table without a header, and keeps its first row', async () => {
  const table = await readTable('101,Blue kettle\n102,Red mug\n', 'table.csv', { header: false });
  expect(table.columns).toEqual(['column_1', 'column_2']);
  expect(table.cells).toEqual([
    ['101', 'Blue kettle'],
    ['102', 'Red mug'],
  ]);
  expect(table.rows[0]?.line).toBe(1);
  expect(table.format.hasHeader).toBe(false);
});

it('reads quotes as text where fields are never quoted', async () => {
  const table = await readTable('id,note\n1,"a\n2,b"\n', 'table.csv', { quote: '' });
  expect(table.cells).toEqual([
    ['1', '"a'],
    ['2', 'b"'],
  ]);
});

it('reads a table in the encoding that is given', async () => {
  const body = Buffer.concat([Buffer.from('id,text\n1,'), Buffer.from([0xcc, 0xee, 0xf1, 0xea, 0xe2, 0xe0])]);
  const table = await readTable(body, 'table.csv', { encoding: 'windows-1251' });
  expect(table.cells).toEqual([['1', 'Москва']]);
  expect(table.format.text?.encoding).toBe('windows-1251');
});

it('refuses an option that the format does not take', async () => {
  const refused = readTable('{"a":1}\n', 'table.jsonl', { delimiter: ';', sheet: 'x' });
  await expect(refused).rejects.toThrow('JSONL, which does not take --delimiter (reading.delimiter), --sheet');
});
