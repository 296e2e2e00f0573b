import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { traceLines } from '../../terminal/trace-text.ts';

/** `rowmill batches trace BATCH ROW`: every call of a row, from the journal. */
export function addBatchesTraceCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'trace', 'Open one row: every model call and tool call, with times and cost')
    .argument('<batch>', BATCH_ARGUMENT)
    .argument('<row>', 'number of the row, counted from 0', rowNumber)
    .action((batch: string, row: number) =>
      context.run(async (output) => {
        const { runner } = await context.app();
        const trace = await runner.trace(await runner.idOf(batch), row);
        output.document(trace);
        for (const line of traceLines(trace, output)) output.line(line);
        return EXIT.completed;
      }),
    );
}

/** The number of a row as it is typed. @throws AppError `invalid_arguments` */
export function rowNumber(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new AppError('invalid_arguments', `The row must be a number counted from 0, not "${text}".`);
  }
  return Number(text);
}
