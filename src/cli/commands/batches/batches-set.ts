import type { Command } from 'commander';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { numberArgument } from '../../mapping-arguments.ts';
import { reportLines } from '../../terminal/report-text.ts';

interface SetArguments {
  concurrency?: number;
  maxCost?: number;
  priority?: number;
}

/** `rowmill batches set BATCH`: changes a batch while it goes on, whichever process runs it. */
export function addBatchesSetCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'set', 'Change concurrency, cap or priority of a batch while it goes on')
    .argument('<batch>', 'id of the batch')
    .option(
      '-c, --concurrency <rows>',
      'rows at work at once',
      numberArgument('--concurrency', { integer: true, min: 1, max: 1000 }),
    )
    .option('--max-cost <usd>', 'the cap on what it spends in all', numberArgument('--max-cost', { above: 0 }))
    .option(
      '--priority <1-10>',
      'its share of the limits of its model beside other batches (default 5)',
      numberArgument('--priority', { integer: true, min: 1, max: 10 }),
    )
    .addHelpText('after', '\nTakes effect within two seconds, in another process too. A paused batch stays paused.')
    .action((batch: string, given: SetArguments) =>
      context.run(async (output) => {
        const report = await (await context.app()).runner.set(batch, {
          ...(given.concurrency !== undefined && { concurrency: given.concurrency }),
          ...(given.maxCost !== undefined && { max_cost_usd: given.maxCost }),
          ...(given.priority !== undefined && { priority: given.priority }),
        });
        output.document(report);
        for (const line of reportLines(report, { ...output, limits: true })) output.line(line);
        return EXIT.completed;
      }),
    );
}
