import type { Command } from 'commander';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { reportLines } from '../../terminal/report-text.ts';

/** `rowmill batches show BATCH`: how it stands. Exits 0 however the batch stands: looking succeeded. */
export function addBatchesShowCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'show', 'Show how a batch stands: counts, cost, failures, table')
    .argument('<batch>', 'id of the batch')
    .action((batch: string) =>
      context.run(async (output) => {
        const report = await (await context.app()).runner.report(batch);
        output.document(report);
        for (const line of reportLines(report, { ...output, limits: true })) output.line(line);
        return EXIT.completed;
      }),
    );
}
