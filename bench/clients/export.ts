import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import { readConfig } from '../../src/app/config.ts';
import { createApp } from '../../src/app/create-app.ts';
import { boundHeap } from '../../src/app/heap.ts';
import { createLog } from '../../src/base/log.ts';
import type { ExportQuery } from '../../src/runner/contract/request/export.ts';
import { measure, tell } from '../measure.ts';
import { agentName, agentsPath, writeTable } from '../workload.ts';

/**
 * `seed URL FOLDER ROWS`: a data directory with a finished batch of so many rows. A thousand are run; the others are
 * copies of them, each with an id, a note and a time of its own, made by the database.
 * `csv|jsonl|parquet|xlsx URL FOLDER ROWS`: exports that batch through the runner, and measures it.
 */
const [what = '', url = '', folder = '', rows = '0'] = process.argv.slice(2);

/** Rows that are run before they are copied. */
const RUN = 1_000;

boundHeap();
const config = readConfig(
  {
    ANTHROPIC_API_KEY: 'bench',
    ANTHROPIC_BASE_URL: url,
    ROWMILL_AGENTS: agentsPath(),
    ROWMILL_DATA_DIR: join(folder, what === 'seed' ? `seeding-${process.pid}` : `export-${rows}`),
    ROWMILL_FILES: folder,
  },
  folder,
);
if (what === 'seed') await seed(Number(rows));
else await measureExport(what as ExportQuery['format'], Number(rows));

async function open() {
  return createApp(config, createLog('warn'), { driver: 'supervisor' });
}

async function seed(wanted: number): Promise<void> {
  const app = await open();
  const target = { type: 'agent' as const, name: agentName(1) };
  const csv = await writeTable(folder, RUN);
  const { report } = await app.runner.create({ csv_uri: csv, target, options: { mode: 'realtime' } });
  const { counts } = await app.runner.drive(report.batch_id);
  if (counts.succeeded !== RUN) throw new Error(`${counts.succeeded} of ${RUN} rows succeeded`);
  await app.close();
  const db = new DatabaseSync(join(config.dataDir, 'rowmill.db'));
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
  await rename(config.dataDir, join(folder, `export-${wanted}`));
  tell({ rows: wanted, seconds: 0, cpuSeconds: 0, peakMegabytes: 0 });
}

async function measureExport(format: ExportQuery['format'], expected: number): Promise<void> {
  const app = await open();
  const id = await app.runner.idOf('latest');
  let bytes = 0;
  const measured = await measure(expected, async () => {
    const { bytes: chunks } = await app.runner.export(id, { format, compression: 'none', rows: 'all', metadata: [] });
    for await (const chunk of chunks) {
      bytes += chunk.length;
      // A socket lets the event loop go on between two chunks, too.
      await setImmediate();
    }
  });
  await app.close();
  tell({ ...measured, megabytes: Math.round(bytes / 1e6) });
}
