import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { runInstalled } from '../clients.ts';
import { type HttpClient, openClient, share } from '../http-client.ts';
import { grouped, type Part, verdict } from '../part.ts';
import { startServe } from '../serve-process.ts';
import { agentsPath } from '../workload.ts';

/** The lists of a batch, as queries; the share of the rows that each selects. */
const LISTS: [query: string, selects: number][] = [
  ['sort=row', 1],
  ['sort=-row', 1],
  ['sort=time', 1],
  ['sort=status', 1],
  ['status=succeeded', 0.98],
  ['status=failed', 0.02],
  ['code=row_timeout', 0.01],
];
/** A text that one row in 500 has, and one of the last row alone. */
const OFTEN = 'note 77 of';
const PAGE = 50;

/** The lists of a large batch over REST: a page at any place, the counts, and the search for a text. */
export const pages: Part = async ({ isQuick, server, folder, progress }) => {
  const [size, requests] = isQuick ? [100_000, 20] : [1_000_000, 100];
  const files = join(folder, 'pages');
  await mkdir(files);
  progress(`pages: a batch of ${grouped(size)} rows`);
  await runInstalled('export', [`${server.url}/0/1`, files, size, 'seed']);
  const data = join(files, `export-${size}`);
  failSome(join(data, 'rowmill.db'));
  const serve = await startServe({
    ...{ ANTHROPIC_API_KEY: 'bench', ANTHROPIC_BASE_URL: server.url, ROWMILL_AGENTS: agentsPath() },
    ...{ ROWMILL_DATA_DIR: data, ROWMILL_FILES: files },
  });
  const client = openClient(serve.url);
  try {
    const { items } = await client.send<{ items: { batch_id: string }[] }>('GET', '/v1/batches?limit=1');
    const path = `/v1/batches/${items[0]?.batch_id}/rows`;
    const counts = await timed(
      client,
      Array.from({ length: requests }, () => `${path}?limit=1`),
    );
    const lists: [name: string, times: Float64Array][] = [];
    for (const [query, selects] of LISTS) {
      progress(`pages: ${query}`);
      // The order by time is made when it is first asked for.
      await client.send('GET', `${path}?${query}&limit=1`);
      const places = Array.from({ length: requests }, (_, at) => placeOf(at, size * selects - PAGE));
      lists.push([
        query,
        await timed(
          client,
          places.map((place) => `${path}?${query}&limit=${PAGE}&place=${place}`),
        ),
      ]);
    }
    progress('pages: search');
    const often = await timed(
      client,
      Array.from({ length: 10 }, () => `${path}?text=${encodeURIComponent(OFTEN)}`),
    );
    const whole = await timeSearch(`${serve.url}${path}?text=customer%20${size - 1}`);
    const ms = (value: number) => `${value.toFixed(1)} ms`;
    const line = (name: string, times: Float64Array) => [name, ...[0.5, 0.95, 1].map((part) => ms(share(times, part)))];
    const worst = Math.max(...lists.map(([, times]) => share(times, 0.95)));
    return {
      title: 'Lists of a large batch',
      about: `\`rowmill serve\` answers \`GET /v1/batches/ID/rows\` for a finished batch of ${grouped(size)} rows, of which one in 50 failed: ${requests} pages of ${PAGE} rows at places all over each list; the counts, with a page of one row; the first ${PAGE} hits of a text that one row in 500 has; and the search to the end for a text of the last row. Times are those of the client.`,
      header: ['what', 'median', 'p95', 'slowest'],
      rows: [
        line('counts by status and code', counts),
        ...lists.map(([name, times]) => line(`a page, \`${name}\``, times)),
        line(`${PAGE} hits of a text`, often),
        ['a search to the end', ms(whole), '', ''],
      ],
      verdicts: [
        verdict('a page at any place, p95 of the slowest list', worst, { most: 20, unit: ' ms' }),
        verdict('counts by status and code, p95', share(counts, 0.95), { most: 100, unit: ' ms' }),
        verdict(`the first ${PAGE} hits of a text, slowest`, share(often, 1), { most: 1_000, unit: ' ms' }),
      ],
    };
  } finally {
    await client.close();
    await serve.stop();
  }
};

/** Places spread over a list, always the same. */
function placeOf(at: number, end: number): number {
  return Math.floor(((Math.imul(at + 1, 0x9e3779b1) >>> 0) / 2 ** 32) * end);
}

/** The time of each request in milliseconds, in order of size. */
async function timed(client: HttpClient, paths: readonly string[]): Promise<Float64Array> {
  const times: number[] = [];
  for (const path of paths) {
    const began = performance.now();
    await client.send('GET', path);
    times.push(performance.now() - began);
  }
  return Float64Array.from(times).sort();
}

/** Milliseconds until the stream of a search has ended. */
async function timeSearch(url: string): Promise<number> {
  const began = performance.now();
  const answer = await fetch(url, { headers: { accept: 'text/event-stream' } });
  const text = await answer.text();
  if (!text.includes('event: end\ndata: {"found":1}')) throw new Error(`The search answered: ${text.slice(-300)}`);
  return performance.now() - began;
}

/** Makes one row in 50 of the only batch a failed one, of two codes. */
function failSome(path: string): void {
  const db = new DatabaseSync(path);
  db.exec(`BEGIN;
    UPDATE row_states SET status = 3, output = NULL, error_message = 'It failed.',
      error_code = iif(id % 100 = 7, 'row_timeout', 'output_invalid') WHERE id % 50 = 7;
    INSERT INTO batch_failures SELECT 1, error_code, count(*) FROM row_states WHERE status = 3 GROUP BY error_code;
    WITH found AS (SELECT count(*) AS failed FROM row_states WHERE status = 3)
      UPDATE batch_totals SET failed = found.failed, succeeded = rows - found.failed FROM found;
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE);`);
  db.close();
}
