import type { Command } from 'commander';
import { count, dollars, duration } from '../../../base/figures.ts';
import { type MetricsQuery, metricsQuery } from '../../../runner/contract/report/usage.ts';
import { type LoadQuery, loadQuery } from '../../../runner/contract/request/load.ts';
import { parsePeriod } from '../../arguments/parse-period.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { layOutTable, type TableColumn } from '../../terminal/terminal-table.ts';

interface SeriesArguments {
  from?: string;
  to?: string;
  bucket?: string;
  by?: string;
}

interface Face {
  context: CommandContext;
  output: Output;
}

/** `rowmill monitor metrics`: calls, tokens and cost over time. */
export function addMonitorMetricsCommand(monitor: Command, context: CommandContext): void {
  addPeriod(newCommand(monitor, 'metrics', 'Show calls, tokens, cost and savings over time'))
    .option('--by <a,b>', `keep them apart by ${['agent', 'provider', 'model', 'way', 'batch'].join(', ')}`)
    .action(({ from, to, bucket, by }: SeriesArguments) =>
      context.run((output) =>
        showMetrics(parsePeriod<MetricsQuery>(metricsQuery, { from, to, bucket, by }), { context, output }),
      ),
    );
}

/** `rowmill monitor load`: how long calls took and how much waited, over time. */
export function addMonitorLoadCommand(monitor: Command, context: CommandContext): void {
  addPeriod(newCommand(monitor, 'load', 'Show how long model calls took and how much waited, over time')).action(
    ({ from, to, bucket }: SeriesArguments) =>
      context.run((output) => showLoad(parsePeriod<LoadQuery>(loadQuery, { from, to, bucket }), { context, output })),
  );
}

function addPeriod(command: Command): Command {
  return command
    .option('--from <time>', 'the start: a day in UTC or an ISO 8601 time (default: 30 days before the end)')
    .option('--to <time>', 'the end, which is not in the period (default: now)')
    .option('--bucket <size>', 'minute, quarter_hour, hour (the default) or day, in UTC');
}

const figure = (title: string): TableColumn => ({ title, minWidth: 'whole', align: 'right' });
const timeOf = (at: string) => at.slice(0, 16).replace('T', ' ');

async function showMetrics(query: MetricsQuery, { context, output }: Face): Promise<number> {
  const report = await (await context.app()).monitoring.metrics(query);
  output.document(report);
  if (report.items.length === 0) {
    output.line('No calls in this period.');
    return EXIT.completed;
  }
  const fields = query.by ?? [];
  const columns = [
    { title: 'from (UTC)', minWidth: 'whole' as const },
    ...fields.map((title) => ({ title, minWidth: 14, keep: true })),
    ...['calls', 'cost', 'saved', 'rows', 'failed', 'tokens in', 'tokens out'].map(figure),
  ];
  const rows = report.items.map(({ at, batch_id: batch = '', ...item }) => [
    timeOf(at),
    ...fields.map((field) => {
      const value = oneLine(field === 'batch' ? batch : (item[field] ?? ''));
      return value === '' && (field === 'agent' || field === 'batch') ? '(outside of batches)' : value;
    }),
    ...[count(item.calls), dollars(item.cost_usd), dollars(item.saved_usd)],
    ...[item.rows_succeeded, item.rows_failed, item.input_tokens, item.output_tokens].map(count),
  ]);
  for (const text of layOutTable(columns, rows, output)) output.line(text);
  const { calls, cost_usd: cost, saved_usd: saved, unpriced_calls: unpriced } = report.totals;
  const unknown = unpriced === 0 ? '' : ` ${count(unpriced)} calls of unknown price are in no sum.`;
  output.line(`Together ${count(calls)} calls, ${dollars(cost)}, saved ${dollars(saved)}.${unknown}`);
  return EXIT.completed;
}

async function showLoad(query: LoadQuery, { context, output }: Face): Promise<number> {
  const report = await (await context.app()).monitoring.load(query);
  output.document(report);
  if (report.items.length === 0) {
    output.line('No calls and no running server in this period.');
    return EXIT.completed;
  }
  const columns = [
    { title: 'from (UTC)', minWidth: 'whole' as const },
    ...['calls', 'half within', '95 % within', 'jobs', 'rows', 'oldest job'].map(figure),
  ];
  const seconds = (value: number | null) => (value === null ? '' : duration(value));
  const rows = report.items.map((item) => [
    ...[timeOf(item.at), count(item.calls), seconds(item.p50_seconds), seconds(item.p95_seconds)],
    ...[item.waiting_jobs, item.waiting_rows].map((waiting) => (waiting === null ? '' : count(waiting))),
    seconds(item.oldest_seconds),
  ]);
  for (const text of layOutTable(columns, rows, output)) output.line(text);
  output.line('jobs and rows: the most that waited at one time.');
  return EXIT.completed;
}
