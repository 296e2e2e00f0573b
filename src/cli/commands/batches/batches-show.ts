import type { Command } from 'commander';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { reportLines } from '../../terminal/report-text.ts';

/** `rowmill batches show BATCH`: its state. Exits 0 whatever the state is: showing it succeeded. */
export function addBatchesShowCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'show', 'Show the state of a batch: counts, cost, failures, table')
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
