import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createSilentLog } from '../../src/base/log.ts';
import { createS3Client } from '../../src/tables/locations/s3-client.ts';
import { createTables } from '../../src/tables/tables.ts';
import { startTestS3 } from '../support/s3.ts';
import { testTableFolders } from './table-folders.ts';
import { type TablesPlace, testTables } from './tables.ts';

const openFiles = async (): Promise<TablesPlace> => {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-tables-')));
  const tables = createTables({
    roots: [folder],
    s3: () => Promise.reject(new Error('S3 was not asked for')),
    log: createSilentLog(),
  });
  return {
    tables,
    uri: (name) => join(folder, name),
    put: async (name, body) => {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), body);
    },
    get: (name) => readFile(join(folder, name)),
    names: async () => (await readdir(folder)).sort(),
    close: async () => {
      await tables.close();
      await rm(folder, { recursive: true });
    },
  };
};

const openS3 = async (): Promise<TablesPlace> => {
  const s3 = await startTestS3();
  const tables = createTables({ roots: [], s3: () => createS3Client(s3.options), log: createSilentLog() });
  return {
    tables,
    uri: (name) => `s3://${s3.bucket}/folder/${name}`,
    put: (name, body) => s3.put(`folder/${name}`, body),
    get: (name) => s3.get(`folder/${name}`),
    names: async () => (await s3.keys()).sort(),
    close: async () => {
      await tables.close();
      await s3.close();
    },
  };
};

for (const [kind, open] of [
  ['files', openFiles],
  ['S3', openS3],
] as const) {
  testTables(kind, open);
  testTableFolders(kind, open);
}
