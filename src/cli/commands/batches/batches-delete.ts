import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { counted, dollars } from '../../../base/figures.ts';
import { askToGoOn, canAsk } from '../../agreement.ts';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';

/** Deleting costs nothing, but can't be undone: an empty answer is no. */
const CAREFULLY = { expectedUsd: null, limitUsd: 0 };

/** `rowmill batches delete BATCH`: its rows, its journal and its accounting, permanently. */
export function addBatchesDeleteCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'delete', 'Delete a batch permanently: rows, traces and accounting; its result table stays')
    .argument('<batch>', `${BATCH_ARGUMENT}; it must have ended`)
    .option('--force', 'delete a paused batch too')
    .option('-y, --yes', 'delete without asking')
    .action((name: string, given: { force?: boolean; yes?: boolean }) =>
      context.run(async (output) => {
        const { runner } = await context.app();
        const batch = await runner.idOf(name);
        const report = await runner.report(batch);
        const { total, queued, running, succeeded, failed } = report.counts;
        const rows = total ?? queued + running + succeeded + failed;
        const what = `${batch} (${counted(rows, 'row')}, ${counted(report.model_calls, 'model call')}, ${dollars(report.cost_usd)})`;
        if (given.yes !== true) {
          if (!canAsk(context, output)) {
            throw new AppError('confirmation_needed', `Deleting ${what} can't be undone; add --yes to do it.`);
          }
          if (!(await askToGoOn(context, `Delete ${what} permanently?`, CAREFULLY))) {
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
