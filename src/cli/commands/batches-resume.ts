import type { Command } from 'commander';
import { ENDED } from '../../runner/batch.ts';
import { type CommandContext, newCommand } from '../command-context.ts';
import { openForeground } from '../foreground.ts';
import { showResult } from '../show-result.ts';

/** `rowmill batches resume BATCH`: goes on where it stopped, in the foreground. */
export function addBatchesResumeCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'resume', 'Go on with a paused or interrupted batch, in the foreground')
    .argument('<batch>', 'id of the batch')
    .addHelpText(
      'after',
      '\nCalls that were answered before are not sent again, nor paid again. Exits as "rowmill run" does.',
    )
    .action((batch: string) =>
      context.run(async (output) => {
        const app = await context.app();
        const before = await app.runner.report(batch);
        if (ENDED.includes(before.status)) {
          output.note(`${batch} has ended: nothing is left to resume.`);
          return showResult({ report: before, interrupted: false, elsewhere: false }, output);
        }
        const foreground = openForeground(context, output);
        try {
          // One whose process died is still "running": it needs a driver, not a change of state.
          if (before.status === 'paused') await foreground.before(app.runner.resume(batch));
          return showResult(await foreground.drive(app, batch), output);
        } finally {
          foreground.close();
        }
      }),
    );
}
