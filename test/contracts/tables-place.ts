import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { AppError } from '../../src/base/errors.ts';
import type { Cell } from '../../src/tables/cell.ts';
import { createS3Client } from '../../src/tables/locations/s3/s3-client.ts';
import type { SourceRow } from '../../src/tables/row-source.ts';
import type { Tables } from '../../src/tables/table.ts';
import { startTestS3 } from '../support/s3.ts';
import { createTestTables } from '../support/tables.ts';

/** A location of any kind where tables can be put and read back. */
export interface TablesPlace {
  tables: Tables;
  /** The URI of a name at this location. */
  uri(name: string): string;
  put(name: string, body: Buffer | string): Promise<void>;
  get(name: string): Promise<Buffer>;
  /** All names at this location, including hidden and unfinished files. */
  names(): Promise<string[]>;
  close(): Promise<void>;
}

/** A folder of this machine. */
export async function openFiles(): Promise<TablesPlace> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'rowmill-tables-')));
  const tables = createTestTables({ roots: [folder] });
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
}

/** A bucket of an S3 server. */
export async function openS3(): Promise<TablesPlace> {
  const s3 = await startTestS3();
  const tables = createTestTables({ s3: () => createS3Client(s3.options) });
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
}

/** Every kind of places that holds files. */
export const FILE_PLACES = [
  ['files', openFiles],
  ['S3', openS3],
] as const;

/** The extensions of every format, compressed or not. */
export const EXTENSIONS = [
  'csv',
  'tsv',
  'jsonl',
  'json',
  'csv.gz',
  'tsv.gz',
  'jsonl.gz',
  'json.gz',
  'csv.zst',
  'jsonl.zst',
  'parquet',
  'xlsx',
] as const;

/** Names and texts that formats get wrong. */
export const HEADER = ['plain', 'quoted "name"', 'with, comma', 'line\nbreak', 'ünï🙂'];
export const TEXT_ROWS: Cell[][] = [
  ['a', 'b', 'c', 'd', 'e'],
  ['say "hi"', 'x,y;z\tw|v', 'two\nlines', 'crlf\r\nhere', 'lone\rreturn'],
  ['🙂👩‍👩‍👧', 'Größe', '日本語', '\u200bzero', 'é'],
  ['', '', '', '', ''],
  [' leading', 'trailing ', ' both ', '   ', '\ttab'],
  ['=1+1', '+44', '-5', '@sum', "'quoted'"],
  ['""', '"', ',', '\n', '"\n,"'],
  ['007', '1e5', 'true', 'null', '{"a":1}'],
];

export async function readAll(tables: Tables, uri: string): Promise<{ columns: string[]; rows: SourceRow[] }> {
  const source = await tables.openSource(uri);
  const rows: SourceRow[] = [];
  for await (const chunk of source.rows()) rows.push(...chunk);
  return { columns: source.columns(), rows };
}

export async function faultOf(work: Promise<unknown>): Promise<AppError> {
  const fault = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(fault, 'nothing was thrown').toMatchObject({ name: 'AppError' });
  return fault as AppError;
}
