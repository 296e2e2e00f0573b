import { createMemoryRecords } from '../support/memory-records.ts';
import { createTestTables, openTable } from '../support/tables.ts';
import { type LiveBench, type SourceBench, testLiveSource, testRowSource } from './row-source.ts';
import { EXTENSIONS, FILE_PLACES, type TablesPlace } from './tables-place.ts';

async function ofFormat(open: () => Promise<TablesPlace>, extension: string): Promise<SourceBench> {
  const { tables, uri, close } = await open();
  return {
    tables,
    missing: uri(`missing.${extension}`),
    async put(name, cells) {
      const writer = await openTable(tables, uri(`${name}.${extension}`), ['q']);
      await writer.write(cells.map((cell) => [cell]));
      return (await writer.commit()).uri;
    },
    close,
  };
}

for (const [kind, open] of FILE_PLACES) {
  for (const extension of EXTENSIONS) testRowSource(`${kind}, .${extension}`, () => ofFormat(open, extension));
}

const openMemory = async (): Promise<LiveBench> => {
  const { kind, collection } = createMemoryRecords();
  const nameOf = (uri: string) => uri.slice('memory://'.length);
  return {
    tables: createTestTables({ locations: [kind] }),
    missing: 'memory://missing',
    put: async (name, cells) => {
      collection(name).put(cells);
      return `memory://${name}`;
    },
    fetches: (uri) => collection(nameOf(uri)).fetches,
    close: async () => undefined,
  };
};

testRowSource('memory', openMemory);
testLiveSource('memory', openMemory);
