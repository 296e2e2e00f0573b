import type { Command } from 'commander';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { type FlagValues, optionFlag, optionsOf } from '../../arguments/option-flags.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { reportLines } from '../../terminal/report-text.ts';

/** `rowmill batches set BATCH`: changes a batch while it runs, whichever process runs it. */
export function addBatchesSetCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'set', 'Change concurrency, cost cap, priority or time limits of a batch while it runs')
    .argument('<batch>', BATCH_ARGUMENT)
    .addOption(optionFlag('concurrency', 'rows that run concurrently'))
    .addOption(optionFlag('max_cost_usd', 'the cap on the total cost of the batch'))
    .addOption(optionFlag('priority'))
    .addOption(optionFlag('call_timeout_s'))
    .addOption(optionFlag('timeout_s'))
    .addOption(optionFlag('max_sends'))
    .addHelpText(
      'after',
      '\nTakes effect within two seconds, whichever process runs the batch.\nA paused batch stays paused.',
    )
    .action((batch: string, given: FlagValues) =>
      context.run(async (output) => {
        const { runner } = await context.app();
        const report = await runner.set(await runner.idOf(batch), optionsOf(given));
        output.document(report);
        for (const line of reportLines(report, { ...output, limits: true })) output.line(line);
        return EXIT.completed;
      }),
    );
}
