import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { ENDED } from '../../runner/batch.ts';
import { type CommandContext, newCommand } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { reportLines } from '../report-text.ts';

const LOOK_EVERY_MS = 200;
/** How long another process may take to finish its calls in flight before this command stops waiting. */
const WAIT_MS = 15_000;

/** `rowmill batches cancel BATCH`: no further rows; the table is written with what there is. */
export function addBatchesCancelCommand(batches: Command, context: CommandContext): void {
  newCommand(batches, 'cancel', 'Stop a batch for good; its table is written with what there is')
    .argument('<batch>', 'id of the batch')
    .action((batch: string) =>
      context.run(async (output) => {
        const { runner } = await context.app();
        let report = await runner.cancel(batch);
        const deadline = performance.now() + WAIT_MS;
        while (!ENDED.includes(report.status) && performance.now() < deadline) {
          await sleep(LOOK_EVERY_MS);
          report = await runner.report(batch);
        }
        output.document(report);
        for (const line of reportLines(report, output)) output.line(line);
        if (!ENDED.includes(report.status)) output.note('Its process has been told, and is finishing calls in flight.');
        return EXIT.completed;
      }),
    );
}
