import type { Command } from 'commander';
import { count, dollars } from '../../base/figures.ts';
import {
  SAVINGS_FIELDS,
  type SavingsQuery,
  type SavingsReport,
  savingsQuery,
} from '../../runner/contract/service/savings.ts';
import { parsePeriod } from '../arguments/parse-period.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../terminal/safe-text.ts';
import { layOutTable } from '../terminal/terminal-table.ts';

/** `rowmill savings`: what batch APIs and the cache saved. */
export function addSavingsCommand(command: Command, context: CommandContext): void {
  command
    .option('--from <time>', 'the start: a day in UTC or an ISO 8601 time (default: 30 days before the end)')
    .option('--to <time>', 'the end, which is not in the period (default: now)')
    .option('--by <field>', `${SAVINGS_FIELDS.join(', ')} (default agent)`)
    .action((given: Partial<SavingsQuery>) => context.run((output) => showSavings(given, { context, output })));
}

async function showSavings(
  given: Partial<SavingsQuery>,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const { from, to, by } = given;
  const query = parsePeriod(savingsQuery, { from, to, by });
  const { monitoring } = await context.app();
  const report = await monitoring.savings(query);
  output.document(report);
  if (report.items.length === 0) {
    output.line('No calls in this period.');
    return EXIT.completed;
  }
  const { paint, width } = output;
  const columns = [
    { title: report.by, minWidth: 10, paint: (text: string) => paint('cyan', text) },
    ...['cost', 'standard price', 'batch API', 'cache', 'saved'].map((title) => ({
      title,
      align: 'right' as const,
      minWidth: 'whole' as const,
    })),
  ];
  const rows = report.items.map((line) => [
    oneLine(line.name === '' ? '(outside of batches)' : line.name),
    ...[line.cost_usd, line.standard_usd, line.batch_api_usd, line.cache_usd, line.saved_usd].map(dollars),
  ]);
  for (const text of layOutTable(columns, rows, { width, paint })) output.line(text);
  for (const text of summaryOf(report)) output.line(text);
  return EXIT.completed;
}

function summaryOf({ totals, saved_share: share, projection }: SavingsReport): string[] {
  const part = share === null ? '' : `, ${count(share * 100)} % of the standard price`;
  return [
    `Saved ${dollars(totals.saved_usd)}${part}.`,
    ...(projection === null
      ? []
      : [
          `At this rate ${dollars(projection.saved_usd_per_month)} in 30 days, ${dollars(projection.saved_usd_per_year)} in a year.`,
        ]),
  ];
}
