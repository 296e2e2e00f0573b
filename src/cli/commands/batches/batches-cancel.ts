import type { Command } from 'commander';
import { toAppError } from '../../../base/errors.ts';
import type { BatchReport } from '../../../runner/contract/report/report.ts';
import { ENDED } from '../../../runner/lifecycle/batch.ts';
import type { App } from '../../app.ts';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { reportLines } from '../../terminal/report-text.ts';
import { waitForStatus } from '../../wait-for-status.ts';

/** `rowmill batches cancel BATCH`: no further rows; the table is written with the rows done so far. */
export function addBatchesCancelCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'cancel', 'Stop a batch permanently; its table is written with the rows done so far')
    .argument('<batch>', BATCH_ARGUMENT)
    .action((batch: string) =>
      context.run(async (output) => {
        const app = await context.app();
        const asked = await app.runner.cancel(await app.runner.idOf(batch));
        const report = await waitForStatus({ ...app, output }, await writeTable(app, asked), ENDED);
        output.document(report);
        for (const line of reportLines(report, output)) output.line(line);
        if (!ENDED.includes(report.status)) output.note('Its process still finishes calls in flight.');
        return EXIT.completed;
      }),
    );
}

/** If no process runs the batch, its table is written here. */
async function writeTable({ runner }: App, report: BatchReport): Promise<BatchReport> {
  if (report.status !== 'aggregating') return report;
  try {
    return await runner.drive(report.batch_id);
  } catch (thrown) {
    if (toAppError(thrown).code !== 'batch_owned_elsewhere') throw thrown;
    return report;
  }
}
