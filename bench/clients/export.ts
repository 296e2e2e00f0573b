import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { boundHeap } from '../../src/app/heap.ts';
import { createLog } from '../../src/base/log.ts';
import type { App } from '../../src/cli/app.ts';
import type { ExportQuery } from '../../src/runner/contract/request/export.ts';
import { measure, tell } from '../measure.ts';
import { agentName, writeTable } from '../workload.ts';

/** Rows that are run before they are copied. */
const RUN = 1_000;

/**
 * Measures the export of a finished batch through the runner. The bench builds it in the place of the program
 * (`runInstalled`), so that the launcher starts it with its bounds.
 * @param argv Node, the launcher, `run`, then AGENTS URL FOLDER ROWS and `csv`, `jsonl`, `parquet`, `xlsx` or `seed`, and
 *   how often it is exported. `seed` makes a data directory with a batch of so many rows: a thousand are run, the others
 *   are copies of them, each with an id, a note and a time of its own, made by the database.
 */
export async function main(argv: string[]): Promise<number> {
  const [agents = '', url = '', folder = '', rows = '0', what = '', times = '1'] = argv.slice(3);
  boundHeap();
  const config = readConfig(
    {
      ANTHROPIC_API_KEY: 'bench',
      ANTHROPIC_BASE_URL: url,
      ROWMILL_AGENTS: agents,
      ROWMILL_DATA_DIR: join(folder, what === 'seed' ? `seeding-${process.pid}` : `export-${rows}`),
      ROWMILL_FILES: folder,
    },
    folder,
  );
  const app = await createApp(config, createLog('warn'), { driver: 'supervisor' });
  if (what === 'seed') await seed(app, { dataDir: config.dataDir, folder, rows: Number(rows) });
  else await measureExport(app, what as ExportQuery['format'], { rows: Number(rows), times: Number(times) });
  return 0;
}

interface Seed {
  dataDir: string;
  folder: string;
  rows: number;
}

async function seed(app: App, { dataDir, folder, rows: wanted }: Seed): Promise<void> {
  const target = { type: 'agent' as const, name: agentName(1) };
  const csv = await writeTable(folder, RUN);
  const { report } = await app.runner.create({ csv_uri: csv, target, options: { mode: 'realtime' } });
  const { counts } = await app.runner.drive(report.batch_id);
  if (counts.succeeded !== RUN) throw new Error(`${counts.succeeded} of ${RUN} rows succeeded`);
  await app.close();
  const db = new DatabaseSync(join(dataDir, 'rowmill.db'));
  // Row N of a batch has the id batch * 2^32 + N; the only batch is the first.
  const copies = `WITH RECURSIVE copy (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copy WHERE n + 1 < ${wanted / RUN})`;
  const [first, shift] = [2 ** 32, `copy.n * ${RUN}`];
  const row = `(o.id - ${first} + ${shift})`;
  db.exec(`BEGIN;
    ${copies} INSERT INTO row_sources (id, line, cells, raw_text)
      SELECT o.id + ${shift}, o.line + ${shift},
        '["' || ${row} || '"' || replace(substr(o.cells, instr(o.cells, ',')),
          'customer ' || (o.id - ${first}) || '"', 'customer ' || ${row} || '"'), o.raw_text
      FROM copy JOIN row_sources o ON o.id < ${first + RUN};
    ${copies} INSERT INTO row_states (id, status, attempt, claims, input, output, started_at, ended_at, processing_ms)
      SELECT o.id + ${shift}, o.status, o.attempt, o.claims, o.input, o.output, o.started_at, o.ended_at,
        o.processing_ms + (${row} % 7919)
      FROM copy JOIN row_states o ON o.id < ${first + RUN};
    UPDATE batch_totals SET rows = ${wanted}, queued = 0, running = 0, failed = 0, succeeded = ${wanted};
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE);`);
  db.close();
  await rename(dataDir, join(folder, `export-${wanted}`));
  tell({ rows: wanted, seconds: 0, cpuSeconds: 0, peakMegabytes: 0 });
}

async function measureExport(
  app: App,
  format: ExportQuery['format'],
  { rows, times }: { rows: number; times: number },
): Promise<void> {
  const id = await app.runner.idOf('latest');
  let bytes = 0;
  const measured = await measure(rows * times, async () => {
    for (let time = 0; time < times; time += 1) {
      const { bytes: chunks } = await app.runner.export(id, { format, compression: 'none', rows: 'all', metadata: [] });
      for await (const chunk of chunks) {
        bytes += chunk.length;
        // A socket lets the event loop go on between two chunks, too.
        await setImmediate();
      }
    }
  });
  await app.close();
  tell({ ...measured, megabytes: Math.round(bytes / times / 1e6) });
}
