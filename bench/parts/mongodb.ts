import { MongoClient } from 'mongodb';
import { runRowmill } from '../clients.ts';
import { grouped, type Part, verdict } from '../part.ts';
import { benchRow, writeTable } from '../workload.ts';

const CONCURRENCY = 100;
const DATABASE = 'rowmill_bench';

/** A collection against the same rows from a CSV: processor time of the client and peak memory. */
export const mongodb: Part = async ({ isQuick, server, folder, progress }) => {
  const title = 'A collection of MongoDB';
  const header = ['source and results', 'rows', 'rows/s', 'µs a row', 'peak memory'];
  const uri = process.env['ROWMILL_TEST_MONGODB_URI'];
  if (uri === undefined) {
    const about = 'Not measured: ROWMILL_TEST_MONGODB_URI names no server.';
    return { title, about, header, rows: [], verdicts: [] };
  }
  const size = isQuick ? 2_000 : 100_000;
  progress(`mongodb: ${grouped(size)} rows`);
  const client = new MongoClient(uri);
  try {
    await client.db(DATABASE).dropDatabase();
    const queries = client.db(DATABASE).collection('queries');
    for (let from = 0; from < size; from += 1_000) {
      await queries.insertMany(Array.from({ length: Math.min(1_000, size - from) }, (_, at) => benchRow(from + at)));
    }
    const run = (table: string) => runRowmill([`${server.url}/0/1`, folder, table, size, CONCURRENCY, 1]);
    const csv = await run(await writeTable(folder, size));
    const found = await run(`${uri.replace(/\/*(\?.*)?$/, '')}/${DATABASE}/queries`);
    const line = (name: string, { seconds, cpuSeconds, peakMegabytes }: typeof csv) => [
      ...[name, grouped(size), grouped(size / seconds), grouped((cpuSeconds / size) * 1e6), `${peakMegabytes} MB`],
    ];
    return {
      title,
      about:
        `${grouped(size)} rows of one call each at ${CONCURRENCY} at once, answered without delay: from a CSV to a CSV, and ` +
        'from a collection to a collection of results with claims, results and acknowledgements. The server runs on the ' +
        'same machine; only the processor time of the client is counted.',
      header,
      rows: [line('CSV', csv), line('collection', found)],
      verdicts: [
        verdict('processor time of a row over that of a CSV', found.cpuSeconds / csv.cpuSeconds, { most: 1.25 }),
        verdict('peak memory over that of a CSV', found.peakMegabytes / csv.peakMegabytes, { most: 1.5 }),
      ],
    };
  } finally {
    await client.db(DATABASE).dropDatabase();
    await client.close();
  }
};
