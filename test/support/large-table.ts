import { createTestTables, openTable } from './tables.ts';

/**
 * Writes a table and reads it again. Arguments: the folder, the table's path, and the number of rows. Prints
 * `{rows, buffers}`: rows read, and the most bytes of buffers that stood outside the heap. Runs in a process of its own.
 */
const [folder = '', path = '', count = ''] = process.argv.slice(2);
const tables = createTestTables({ roots: [folder] });
let buffers = 0;
const look = () => {
  buffers = Math.max(buffers, process.memoryUsage().arrayBuffers);
};
const writer = await openTable(tables, path, ['id', 'text']);
for (let from = 0; from < Number(count); from += 1000) {
  const ids = Array.from({ length: 1000 }, (_, index) => String(from + index));
  await writer.write(ids.map((id) => [id, `text of row ${id}, ${'x'.repeat(50)}`]));
  look();
}
await writer.commit();
let rows = 0;
for await (const chunk of (await tables.openSource(path)).rows()) {
  rows += chunk.length;
  look();
}
process.stdout.write(JSON.stringify({ rows, buffers }));
