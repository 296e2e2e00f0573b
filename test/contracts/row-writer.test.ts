import type { Json } from '../../src/protocol/messages.ts';
import { createMemoryRecords } from '../support/memory-records.ts';
import { createTestTables } from '../support/tables.ts';
import { testRecordsWriter, testTableWriter } from './row-writer.ts';
import { EXTENSIONS, FILE_PLACES } from './tables-place.ts';

for (const [kind, open] of FILE_PLACES) {
  for (const extension of EXTENSIONS) testTableWriter(`${kind}, .${extension}`, open, extension);
}

testRecordsWriter('memory', async () => {
  const { kind, collection } = createMemoryRecords();
  const tables = createTestTables({ locations: [kind] });
  return {
    open: async () => {
      const writer = await tables.openWriter('memory://results', ['q']);
      if (writer.kind !== 'records') throw new Error('It takes no records.');
      return writer;
    },
    kept: (record) => record as unknown as Json,
    stored: async () => new Map(collection('results').records) as unknown as Map<string, Json>,
    close: () => tables.close(),
  };
});
