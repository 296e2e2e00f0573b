import { testFileTables } from './file-tables.ts';
import { testTableFolders } from './table-folders.ts';
import { FILE_PLACES } from './tables-place.ts';

for (const [kind, open] of FILE_PLACES) {
  testFileTables(kind, open);
  testTableFolders(kind, open);
}
