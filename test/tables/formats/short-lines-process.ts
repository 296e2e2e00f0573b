import { createTestTables } from '../../support/tables.ts';

/** Reads a table, and prints its number of rows. Started with a small heap. */
const [folder = '', name = ''] = process.argv.slice(2);
const source = await createTestTables({ roots: [folder] }).openSource(`${folder}/${name}`);
let rows = 0;
for await (const page of source.rows()) rows += page.length;
process.stdout.write(String(rows));
