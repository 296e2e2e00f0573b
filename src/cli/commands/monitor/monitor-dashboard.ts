import { bytes, count, counted, dollars } from '../../../base/figures.ts';
import type { Dashboard } from '../../../runner/contract/service/dashboard.ts';
import type { CommandContext, Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { layOutTable, type TableColumn } from '../../terminal/terminal-table.ts';
import { wrapText } from '../../terminal/word-wrap.ts';

/** What "monitor dashboard" does, also where no command of "monitor" is named. */
export async function showDashboard({ context, output }: { context: CommandContext; output: Output }): Promise<number> {
  const shown = await (await context.app()).monitoring.dashboard();
  output.document(shown);
  for (const line of figureLines(shown)) output.line(line);
  for (const { title, columns, rows } of tablesOf(shown)) {
    if (rows.length === 0) continue;
    output.line();
    output.line(output.paint('bold', title));
    for (const text of layOutTable(columns, rows, { width: output.width, paint: output.paint, indent: 2 }))
      output.line(text);
  }
  if (shown.alerts.length > 0) output.line();
  for (const { alert_id: id, rule, message } of shown.alerts) {
    output.line(`${output.paint('red', 'alert')} ${id} ${rule}`);
    for (const text of wrapText(oneLine(message), output.textWidth - 2)) output.line(`  ${text}`);
  }
  return EXIT.completed;
}

function figureLines({ last_24_hours: day, last_30_days: month, database_bytes: size }: Dashboard): string[] {
  const failed = day.rows_failed === 0 ? '' : `, ${count(day.rows_failed)} failed`;
  const unpriced = day.unpriced_calls === 0 ? '' : `, ${count(day.unpriced_calls)} of unknown price`;
  const share = month.saved_share === null ? '' : `, ${count(month.saved_share * 100)} % of the standard price`;
  return [
    `last 24 hours  ${counted(day.calls, 'call')}${unpriced}, ${dollars(day.cost_usd)}, saved ${dollars(day.saved_usd)}`,
    `               ${counted(day.rows_succeeded, 'row')} succeeded${failed}`,
    `last 30 days   saved ${dollars(month.totals.saved_usd)}${share}`,
    `database       ${bytes(size)}`,
  ];
}

interface Part {
  title: string;
  columns: TableColumn[];
  rows: string[][];
}

const whole = (title: string): TableColumn => ({ title, minWidth: 'whole' });
const figure = (title: string): TableColumn => ({ title, minWidth: 'whole', align: 'right' });
const minuteOf = (time: string | null) => time?.slice(0, 16).replace('T', ' ') ?? '';

function tablesOf({ batches, queues, provider_jobs: jobs, lanes }: Dashboard): Part[] {
  return [
    {
      title: 'Batches that run',
      columns: [whole('batch'), whole('status'), ...['queued', 'running', 'failed'].map(figure), { title: 'agent' }],
      rows: batches.map(({ batch_id: id, status, queued, running, failed, agent }) => [
        ...[id, status, count(queued), count(running), count(failed), oneLine(agent)],
      ]),
    },
    {
      title: 'Queues with waiting jobs',
      columns: [
        { title: 'agent', minWidth: 8 },
        { title: 'model', minWidth: 8 },
        figure('waiting'),
        whole('oldest (UTC)'),
      ],
      rows: queues.map(({ agent, version, model, waiting, oldest_at: oldest }) => [
        ...[oneLine(`${agent}@${version}`), oneLine(model), count(waiting), minuteOf(oldest)],
      ]),
    },
    {
      title: 'Jobs at the batch APIs of providers',
      columns: [whole('batch'), { title: 'model', minWidth: 8 }, figure('requests'), whole('sent (UTC)')],
      rows: jobs.map(({ batch_id: id, provider, model, requests, submitted_at: at }) => [
        ...[id, oneLine(`${provider}/${model}`), count(requests), minuteOf(at)],
      ]),
    },
    {
      title: 'Models in the process that answers',
      columns: [{ title: 'model', minWidth: 8 }, whole('state'), figure('in flight'), figure('waiting')],
      rows: lanes.map(({ provider, model, state, wait_seconds: wait, in_flight: flying, waiting }) => [
        oneLine(`${provider}/${model}`),
        state === 'open' ? state : `${state}, ${wait} s`,
        ...[count(flying), count(waiting)],
      ]),
    },
  ];
}
