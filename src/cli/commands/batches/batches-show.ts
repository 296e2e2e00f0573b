import type { Command } from 'commander';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { reportLines } from '../../terminal/report-text.ts';

/** `rowmill batches show [BATCH]`: its state. Exits 0 whatever the state is: showing it succeeded. */
export function addBatchesShowCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'show', 'Show the state of a batch: counts, cost, failures, table')
    .argument('[batch]', `${BATCH_ARGUMENT}; the newest one without it`)
    .action((batch: string | undefined) =>
      context.run(async (output) => {
        const { runner } = await context.app();
        const report = await runner.report(await runner.idOf(batch ?? 'latest'));
        output.document(report);
        for (const line of reportLines(report, { ...output, limits: true })) output.line(line);
        return EXIT.completed;
      }),
    );
}
