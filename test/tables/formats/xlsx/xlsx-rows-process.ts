import { createSilentLog } from '../../../../src/base/log.ts';
import { createByteLocations } from '../../../../src/tables/locations/byte-locations.ts';
import { createFileStore } from '../../../../src/tables/locations/files/file-locations.ts';
import { createTables } from '../../../../src/tables/tables.ts';

/** Writes a workbook of ten columns, reads it back, and prints what it found. Started with a small heap. */
const [folder = '', rows = ''] = process.argv.slice(2);
const uri = `${folder}/large.xlsx`;
const tables = createTables({
  roots: [folder],
  locations: [createByteLocations(createFileStore())],
  log: createSilentLog(),
});
let outsideHeap = 0;
const look = () => {
  outsideHeap = Math.max(outsideHeap, process.memoryUsage().arrayBuffers);
};

const columns = Array.from({ length: 10 }, (_, index) => `column ${index}`);
const writer = await tables.openWriter(uri, columns);
if (writer.kind !== 'table') throw new Error('no table');
for (let from = 0; from < Number(rows); from += 1000) {
  const page = Array.from({ length: 1000 }, (_, index) => [
    from + index,
    ...columns.slice(1).map((name) => `${name} of row ${from + index}, with some text`),
  ]);
  await writer.write(page);
  look();
}
await writer.commit();

const source = await tables.openSource(uri);
let count = 0;
for await (const page of source.rows()) {
  for (const { cells, line } of page) {
    const isRight = cells[0] === count && cells[9] === `column 9 of row ${count}, with some text` && line === count + 2;
    if (!isRight) throw new Error(`row ${count} is ${JSON.stringify(cells)}`);
    count += 1;
  }
  look();
}
process.stdout.write(JSON.stringify({ count, outsideHeapMb: Math.round(outsideHeap / 1024 / 1024) }));
