import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { counted, dollars } from '../../../base/figures.ts';
import { askToGoOn, canAsk } from '../../agreement.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';

/** Nothing is spent, but nothing comes back either: an empty answer is no. */
const CAREFULLY = { expectedUsd: null, limitUsd: 0 };

/** `rowmill batches delete BATCH`: its rows, its journal and its accounting, for good. */
export function addBatchesDeleteCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'delete', 'Delete a batch for good: rows, traces and accounting; its table stays')
    .argument('<batch>', 'id of a batch that has ended')
    .option('--force', 'a paused one too')
    .option('-y, --yes', "don't ask")
    .action((batch: string, given: { force?: boolean; yes?: boolean }) =>
      context.run(async (output) => {
        const { runner } = await context.app();
        const report = await runner.report(batch);
        const { total, queued, running, succeeded, failed } = report.counts;
        const rows = total ?? queued + running + succeeded + failed;
        const what = `${batch} (${counted(rows, 'row')}, ${counted(report.model_calls, 'model call')}, ${dollars(report.cost_usd)})`;
        if (given.yes !== true) {
          if (!canAsk(context, output)) {
            throw new AppError('confirmation_needed', `Deleting ${what} can't be undone; add --yes to do it.`);
          }
          if (!(await askToGoOn(context, `Delete ${what} for good?`, CAREFULLY))) {
            output.note('Not deleted.');
            return EXIT.cancelled;
          }
        }
        await runner.remove(batch, { force: given.force === true });
        output.document({ ...report, deleted: true });
        output.line(`Deleted ${what}.`);
        if (report.output_uri !== null) output.line(`Its table stays: ${oneLine(report.output_uri)}`);
        return EXIT.completed;
      }),
    );
}
