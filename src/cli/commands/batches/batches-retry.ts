import { type Command, InvalidArgumentError, Option } from 'commander';
import { counted } from '../../../base/figures.ts';
import { exampleModel } from '../../../providers/catalog.ts';
import type { RetryRequest } from '../../../runner/contract/request/request.ts';
import { spendingOfRest } from '../../../runner/intake/money/spending.ts';
import { ENDED } from '../../../runner/lifecycle/batch.ts';
import { askToGoOn, canAsk, mayStartUnasked, tooCostly } from '../../agreement.ts';
import { BATCH_ARGUMENT, FALLBACK_TEXT } from '../../arguments/batch-argument.ts';
import { collect, numberArgument } from '../../arguments/mapping-arguments.ts';
import { type FlagValues, optionFlag, optionsOf } from '../../arguments/option-flags.ts';
import { addStatsFlag, openStatsFile, type StatsFlag } from '../../arguments/stats-file.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { openForeground } from '../../foreground.ts';
import { estimateText } from '../../terminal/report-text.ts';
import { showResult } from '../../terminal/show-result.ts';
import { wrapText } from '../../terminal/word-wrap.ts';

/** The flags of a retry; `row` is the only row that is run again, also before the batch has ended. */
export interface RetryArguments extends FlagValues, StatsFlag {
  row?: number;
  rows?: number[];
  status?: 'failed' | 'queued';
  expect?: number;
  code?: string[];
  model?: string;
  maxCost?: number;
  fallback?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

/** `rowmill batches retry BATCH`: failed rows again, in the same batch and table, in the foreground. */
export function addBatchesRetryCommand(batches: Command, context: CommandContext): void {
  const command = newCommand(batches, 'retry', 'Run the failed rows of a batch again, and the rows that were not run')
    .argument('<batch>', `${BATCH_ARGUMENT}; it must have ended`)
    .option('--code <code>', 'only rows that failed with this code; repeat for more', collect)
    .option('--rows <n,n>', 'only these failed rows, by their numbers from 0', rowNumbers)
    .addOption(
      new Option('--status <status>', 'only failed rows, or only those that were not run (queued)').choices([
        'failed',
        'queued',
      ]),
    )
    .option(
      '--expect <n>',
      'start only if it is this number of rows',
      numberArgument('--expect', { integer: true, min: 1 }),
    )
    .option('--model <provider/model>', 'another model for the new attempts')
    .addOption(optionFlag('max_cost_usd', 'a new cap on the total cost of the batch'))
    .addOption(optionFlag('concurrency', 'rows that run concurrently from now on'))
    .option('--fallback', FALLBACK_TEXT)
    .option('--dry-run', 'show how many rows it is and what they may cost, start nothing')
    .option('-y, --yes', 'start without asking, at any cost');
  addStatsFlag(command);
  command
    .addHelpText('after', HELP)
    .action((batch: string, given: RetryArguments) =>
      context.run((output) => retry(batch, given, { context, output })),
    );
}

const HELP = `
The rows get new attempts in the same batch. Earlier attempts stay in
"batches trace" and in the bill. When the new attempts are done, the table is
written again. The exit status is that of "rowmill run".

Examples:
  rowmill batches retry bat_…
  rowmill batches retry bat_… --code row_timeout --code output_invalid
  rowmill batches retry bat_… --rows 7,12 --expect 2
  rowmill batches retry bat_… --model ${exampleModel()} --max-cost 3`;

/** Runs failed rows of an ended batch again, in the foreground, once the person agrees to the cost. */
export async function retry(
  name: string,
  given: RetryArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const file = await openStatsFile(given, context.io.cwd);
  const app = await context.app();
  const batch = await app.runner.idOf(name);
  const { fallback: _, ...limits } = optionsOf(given);
  const request: RetryRequest = {
    ...(given.row !== undefined && { row: given.row }),
    ...(given.rows !== undefined && { rows: given.rows }),
    ...(given.status !== undefined && { status: given.status }),
    ...(given.expect !== undefined && { expected_rows: given.expect }),
    ...(given.code !== undefined && { codes: given.code }),
    ...(given.model !== undefined && { model: given.model }),
    ...limits,
    ...(given.fallback === true && { fallback: true }),
  };
  const { rows, estimate } = await app.runner.planRetry(batch, request);
  const price = estimate === null ? '' : `: ${estimateText(estimate, output.paint)}`;
  for (const line of wrapText(`${counted(rows, 'row')} to run again${price}`, output.textWidth)) output.note(line);
  if (given.dryRun === true) {
    output.document({ batch_id: batch, rows, estimate });
    return EXIT.completed;
  }
  const before = await app.runner.report(batch);
  const cap = given.maxCost ?? before.options.max_cost_usd ?? undefined;
  const expectedUsd = spendingOfRest(estimate, before, cap);
  const spend = { expectedUsd, limitUsd: app.config.confirmAboveUsd };
  if (given.yes !== true) {
    if (!canAsk(context, output)) {
      const action = { batchId: batch, spentUsd: before.cost_usd ?? 0 };
      if (!(await mayStartUnasked(app, spend, action))) throw tooCostly(spend);
    } else if (!(await askToGoOn(context, 'Run them?', spend))) {
      output.note('Not started.');
      return EXIT.cancelled;
    }
  }
  if (!ENDED.includes(before.status)) {
    // The process that runs the batch runs the row.
    const report = await app.runner.retry(batch, request);
    output.document(report);
    output.note(`The row is queued again; the batch is ${report.status}.`);
    return EXIT.completed;
  }
  const foreground = openForeground(context, output);
  try {
    await foreground.before(app.runner.retry(batch, request));
    return await showResult(await foreground.drive(app, batch), output, { app, file });
  } finally {
    foreground.close();
  }
}

function rowNumbers(text: string): number[] {
  const numbers = text.split(',').map((one) => one.trim());
  if (numbers.every((one) => /^\d{1,15}$/.test(one))) return numbers.map(Number);
  throw new InvalidArgumentError('write numbers from 0 with commas between them, such as 7,12');
}
