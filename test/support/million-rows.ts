import { createTestTables, openTable } from './tables.ts';

/**
 * Writes a table of a million rows and reads it again, in a process of its own whose heap is small.
 * Arguments: the folder and the table's path. Prints `{rows, buffers}`: rows read, and the most bytes of buffers
 * that stood outside the heap.
 */
const [folder = '', path = ''] = process.argv.slice(2);
const tables = createTestTables({ roots: [folder] });
let buffers = 0;
const look = () => {
  buffers = Math.max(buffers, process.memoryUsage().arrayBuffers);
};
const writer = await openTable(tables, path, ['id', 'text']);
for (let from = 0; from < 1_000_000; from += 1000) {
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
