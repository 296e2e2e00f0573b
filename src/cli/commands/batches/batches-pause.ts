import type { Command } from 'commander';
import { ENDED } from '../../../runner/lifecycle/batch.ts';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { reportLines } from '../../terminal/report-text.ts';
import { waitForStatus } from '../../wait-for-status.ts';

const AT_REST = [...ENDED, 'paused' as const];

/** `rowmill batches pause BATCH`: no further rows, whichever process runs it. */
export function addBatchesPauseCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'pause', 'Pause a batch, whichever process runs it; "resume" continues it')
    .argument('<batch>', BATCH_ARGUMENT)
    .action((batch: string) =>
      context.run(async (output) => {
        const app = await context.app();
        const report = await waitForStatus(
          { ...app, output },
          await app.runner.pause(await app.runner.idOf(batch)),
          AT_REST,
        );
        output.document(report);
        for (const line of reportLines(report, output)) output.line(line);
        if (!AT_REST.includes(report.status)) output.note('Its process still finishes calls in flight.');
        return EXIT.completed;
      }),
    );
}
