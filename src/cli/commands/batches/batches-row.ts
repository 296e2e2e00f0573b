import { type Command, Option } from 'commander';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { traceLines } from '../../terminal/trace-text.ts';
import { retry } from './batches-retry.ts';
import { rowNumber } from './batches-trace.ts';

interface RowArguments {
  cancel?: boolean;
  requeue?: boolean;
  yes?: boolean;
}

/** `rowmill batches row BATCH ROW`: shows one row, cancels it, or queues it again, whichever process runs the batch. */
export function addBatchesRowCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'row', 'Show one row with its calls so far, cancel it, or queue it again')
    .argument('<batch>', BATCH_ARGUMENT)
    .argument('<row>', 'number of the row, counted from 0', rowNumber)
    .addOption(new Option('--cancel', 'cancel this row; the batch goes on').conflicts('requeue'))
    .option('--requeue', 'run this failed row again, in the same batch')
    .option('-y, --yes', 'with --requeue: start without asking, at any cost')
    .addHelpText('after', HELP)
    .action((batch: string, row: number, { cancel, requeue, yes }: RowArguments) =>
      context.run(async (output) => {
        if (requeue === true) return retry(batch, { row, ...(yes && { yes }) }, { context, output });
        const { runner } = await context.app();
        const id = await runner.idOf(batch);
        if (cancel === true) {
          output.document(await runner.cancelRow(id, row));
          output.note(
            `Row ${row} of ${id} is cancelled within two seconds: "rowmill batches row ${id} ${row}" shows it.`,
          );
          return EXIT.completed;
        }
        const trace = await runner.trace(id, row);
        output.document(trace);
        for (const line of traceLines(trace, output)) output.line(line);
        return EXIT.completed;
      }),
    );
}

const HELP = `
A running row that is cancelled ends within two seconds: its calls are aborted,
it fails with row_cancelled, and what it has cost stays in the bill. A row that
waits in a provider job ends when its answer is there. In a batch that has
ended, --requeue runs the row in the foreground and writes the table again.

Examples:
  rowmill batches row bat_… 7
  rowmill batches row bat_… 7 --cancel
  rowmill batches row latest 7 --requeue`;
