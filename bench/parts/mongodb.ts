import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { cpuUs, runRowmill } from '../clients.ts';
import type { Measured } from '../measure.ts';
import { interleave } from '../pairs.ts';
import { type BenchContext, grouped, type Part, verdict } from '../part.ts';
import { benchRow, writeTable } from '../workload.ts';

const CONCURRENCY = 100;
const DATABASE = 'rowmill_bench';
const SERVER = fileURLToPath(new URL('../mongo-server.ts', import.meta.url));

/** A collection against the same rows from a CSV: processor time of the client, and its memory as the rows grow. */
export const mongodb: Part = async (context) => {
  const named = process.env['ROWMILL_TEST_MONGODB_URI'];
  const { uri, close } = named === undefined ? await startServer() : { uri: named, close: () => undefined };
  const [small, large] = context.isQuick ? [1_000, 5_000] : [10_000, 100_000];
  try {
    const table = await writeTable(context.folder, large);
    const few = await runCollection(uri, small, context);
    const pairs = Math.min(context.pairs, 3);
    const rounds = await interleave(pairs, {
      csv: () => runRows(table, large, context),
      many: () => runCollection(uri, large, context),
    });
    const { csv, many } = rounds.toSorted((a, b) => ratioOf(a) - ratioOf(b))[Math.floor((pairs - 1) / 2)] as Pair;
    const of = named === undefined ? 'keeps its documents in memory' : 'ROWMILL_TEST_MONGODB_URI names';
    return {
      title: 'A collection of MongoDB',
      about:
        `Rows of one call each at ${CONCURRENCY} at once, answered without delay: from a CSV to a CSV, and from a collection ` +
        `to a collection of results, with claims, transactions and acknowledgements. The server is one that ${of}, in its ` +
        'own process: only the processor time and the memory of the client are counted. CSV and collection ran in turn; the ' +
        `figures are of the pair with the middle ratio of ${pairs}.`,
      header: ['source and results', 'rows', 'rows/s', 'µs a row', 'peak memory'],
      rows: [line('CSV', csv), line('collection', few), line('collection', many)],
      verdicts: [
        verdict('processor time of a row over that of a CSV', ratioOf({ csv, many }), { most: 1.25 }),
        verdict('peak memory over that of a CSV', many.peakMegabytes / csv.peakMegabytes, { most: 1.5 }),
        verdict(
          `peak memory of ${grouped(large)} documents over that of ${grouped(small)}`,
          many.peakMegabytes / few.peakMegabytes,
          { most: 1.5 },
        ),
      ],
    };
  } finally {
    close();
  }
};

/** The same rows from a CSV and from a collection. */
interface Pair {
  csv: Measured;
  many: Measured;
}

function ratioOf({ csv, many }: Pair): number {
  return cpuUs(many) / cpuUs(csv);
}

function line(name: string, measured: Measured): string[] {
  const { rows, seconds, peakMegabytes } = measured;
  return [name, grouped(rows), grouped(rows / seconds), grouped(cpuUs(measured)), `${peakMegabytes} MB`];
}

function runRows(table: string, rows: number, { server, folder, progress }: BenchContext): Promise<Measured> {
  progress(`mongodb: ${grouped(rows)} rows of ${table}`);
  return runRowmill([`${server.url}/0/1`, folder, table, rows, CONCURRENCY, 1]);
}

async function runCollection(uri: string, rows: number, context: BenchContext): Promise<Measured> {
  const client = new MongoClient(uri);
  try {
    await client.db(DATABASE).dropDatabase();
    const queries = client.db(DATABASE).collection('queries');
    for (let from = 0; from < rows; from += 1_000) {
      await queries.insertMany(Array.from({ length: Math.min(1_000, rows - from) }, (_, at) => benchRow(from + at)));
    }
    return await runRows(`${uri.replace(/\/*(\?.*)?$/, '')}/${DATABASE}/queries`, rows, context);
  } finally {
    await client.db(DATABASE).dropDatabase();
    await client.close();
  }
}

/** Starts the server of the bench in a process of its own. */
async function startServer(): Promise<{ uri: string; close: () => void }> {
  const child = spawn(process.execPath, [SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [uri] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { uri, close: () => child.kill() };
}
