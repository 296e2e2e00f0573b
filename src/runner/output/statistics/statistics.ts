import type { BatchRecord } from '../../../storage/batches.ts';
import type { BatchStatistics } from '../../contract/report/statistics.ts';
import type { RunnerDeps } from '../../deps.ts';
import type { RowOutput } from '../../rows/transform-output.ts';
import { activeSeconds, reportBatch } from '../report.ts';
import { storedPlanOf } from '../results.ts';
import { countedFields, valuesIn } from './counted-fields.ts';
import { createSpread } from './spread.ts';

const PAGE = 1000;

/** The figures of a batch. Its rows are read once, in pages: memory is constant. */
export async function batchStatistics(batch: BatchRecord, deps: RunnerDeps): Promise<BatchStatistics> {
  const report = await reportBatch(batch, deps);
  const { succeeded, failed } = report.counts;
  const { inputTokens, outputTokens, cacheWriteTokens, cacheReadTokens } = report.usage;
  const [processed, total] = [succeeded + failed, batch.totals.rows];
  const seconds = activeSeconds(batch, deps.clock.now());
  const { batch_id, status, agent, model, source_uri, output_uri, started_at, ended_at, cost_usd } = report;
  return {
    ...{ batch_id, status, agent, model, source_uri, output_uri, started_at, ended_at },
    rows: { total, processed, succeeded, failed, skipped: total - processed },
    failures: report.failures.map(({ code, count }) => ({ code, count })),
    seconds,
    rows_per_second: processed === 0 || seconds === 0 ? null : Math.round((processed / seconds) * 100) / 100,
    ...(await readRowFigures(batch, deps)),
    calls: { model: report.model_calls, tool: report.tool_calls, cached: report.cached_calls },
    tokens: {
      input: inputTokens,
      output: outputTokens,
      cache_write: cacheWriteTokens,
      cache_read: cacheReadTokens,
    },
    cost_usd,
  };
}

async function readRowFigures(batch: BatchRecord, { store }: RunnerDeps) {
  const fields = countedFields(storedPlanOf(batch).agent.structured_output.schema);
  const counts = fields.map(({ values }) => new Map(values.map((value) => [value, 0])));
  const spread = createSpread();
  for (let fromRow = 0; ; ) {
    const rows = await store.readRows(batch.id, { fromRow, limit: PAGE, withInput: false });
    for (const { output, processingMs } of rows) {
      if (processingMs !== null) spread.add(processingMs);
      const answer = output as RowOutput | null;
      for (const [at, { path }] of fields.entries()) {
        const count = counts[at];
        for (const value of answer === null ? [] : valuesIn(answer.structured, path)) {
          count?.set(value, (count.get(value) ?? 0) + 1);
        }
      }
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) break;
    fromRow = last.row + 1;
  }
  const answers = fields.map(({ path }, at) => [path.join('.'), Object.fromEntries(counts[at] ?? [])] as const);
  return { row_seconds: spread.seconds(), answers: Object.fromEntries(answers) };
}
