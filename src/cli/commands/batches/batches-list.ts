import { type Command, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { count, dollars } from '../../../base/figures.ts';
import { type BatchReport, batchReport, type Savings } from '../../../runner/contract/report/report.ts';
import { commaSeparated, numberArgument } from '../../arguments/mapping-arguments.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { statusWords } from '../../terminal/report-text.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { tableName } from '../../terminal/table-name.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';
import { wrapText } from '../../terminal/word-wrap.ts';

const STATUSES = batchReport.shape.status.options;

interface ListArguments {
  status?: BatchReport['status'][];
  agent?: string;
  text?: string;
  oldestFirst?: boolean;
  limit?: number;
  before?: string;
}

/** `rowmill batches list`: newest first. */
export function addBatchesListCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'list', 'List batches, newest first')
    .option('--status <a,b>', `only batches with one of these: ${STATUSES.join(', ')}`, statusesOf)
    .option('--agent <name>', 'only batches of this agent')
    .option('--text <text>', 'only batches with this text in their id, name, agent or source, in either case')
    .option('--oldest-first', 'the oldest first')
    .option(
      '--limit <n>',
      'how many batches (default 20)',
      numberArgument('--limit', { integer: true, min: 1, max: 1000 }),
    )
    .option('--before <batch>', 'only batches that come after this one in the list, for the next page')
    .action((given: ListArguments) => context.run((output) => listBatches(given, { context, output })));
}

/** What "batches list" does, also where no command of "batches" is named. */
export async function listBatches(
  { limit = 20, before, oldestFirst, status, agent, text }: ListArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const { runner } = await context.app();
  const reports = await runner.list({
    limit,
    order: oldestFirst === true ? 'oldest' : 'newest',
    ...(status !== undefined && { status }),
    ...(agent !== undefined && { agent }),
    ...(text !== undefined && { text }),
    ...(before !== undefined && { before: await runner.idOf(before) }),
  });
  const savings = await runner.savings();
  output.document({ batches: reports, savings });
  const isFiltered = [status, agent, text, before].some((given) => given !== undefined);
  if (reports.length === 0 && isFiltered) output.line('There are no such batches.');
  else showBatches(reports, output);
  for (const line of savingsLines(savings)) output.line(line);
  return EXIT.completed;
}

/** The savings of all batches, listed or not; no line if there are none. */
function savingsLines({ batch_api_usd: api, cache_usd: cache }: Savings): string[] {
  const parts = [
    ...(api > 0 ? [`${dollars(api)} by batch APIs`] : []),
    ...(cache > 0 ? [`${dollars(cache)} by answers from the cache`] : []),
  ];
  return parts.length === 0 ? [] : [`All batches together saved ${parts.join(' and ')}.`];
}

/** Batches as a table. */
export function showBatches(reports: BatchReport[], output: Output): void {
  if (reports.length === 0) {
    output.line('There are no batches. Start one with "rowmill run" or "rowmill chat".');
    return;
  }
  const { paint } = output;
  const hasNames = reports.some(({ name }) => name !== null);
  const rows = reports.map((report) => [
    report.batch_id,
    statusWords(report),
    `${count(report.counts.succeeded + report.counts.failed)}/${report.counts.total === null ? '?' : count(report.counts.total)}`,
    count(report.counts.failed),
    dollars(report.cost_usd),
    ...(hasNames ? [oneLine(report.name ?? '')] : []),
    oneLine(report.agent),
    tableName(report.source_uri),
    report.created_at.slice(0, 16).replace('T', ' '),
  ]);
  const columns = [
    { title: 'batch', minWidth: 'whole' as const, paint: (text: string) => paint('cyan', text) },
    { title: 'status', minWidth: 'whole' as const },
    { title: 'rows', align: 'right' as const, minWidth: 'whole' as const },
    {
      title: 'failed',
      align: 'right' as const,
      paint: (text: string, cell: string) => (cell === '0' ? text : paint('red', text)),
    },
    { title: 'cost', align: 'right' as const, minWidth: 'whole' as const },
    ...(hasNames ? [{ title: 'name', minWidth: 8 }] : []),
    { title: 'agent', minWidth: 10 },
    { title: 'table', minWidth: 8 },
    { title: 'created (UTC)', minWidth: 10 },
  ];
  for (const line of layOutTable(columns, rows, { width: output.width, paint })) output.line(line);
  const left = reports.find(({ unattended }) => unattended);
  if (left === undefined) return;
  for (const line of wrapText(`${left.batch_id}: ${left.next_step}`, output.textWidth)) output.line(line);
}

function statusesOf(text: string): BatchReport['status'][] {
  const parsed = z.array(batchReport.shape.status).safeParse(commaSeparated(text));
  if (parsed.success) return parsed.data;
  throw new InvalidArgumentError(`Each must be one of ${STATUSES.join(', ')}.`);
}
