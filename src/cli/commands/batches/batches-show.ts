import type { Command } from 'commander';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { addStatsFlag, openStatsFile, type StatsFlag } from '../../arguments/stats-file.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { reportLines } from '../../terminal/report-text.ts';

/** `rowmill batches show [BATCH]`: its state. Exits 0 whatever the state is: showing it succeeded. */
export function addBatchesShowCommand(batches: Command, context: CommandContext): void {
  const command = newCommand(batches, 'show', 'Show the state of a batch: counts, cost, failures, table').argument(
    '[batch]',
    `${BATCH_ARGUMENT}; the newest one without it`,
  );
  addStatsFlag(command);
  command.action((batch: string | undefined, given: StatsFlag) =>
    context.run(async (output) => {
      const file = await openStatsFile(given, context.io.cwd);
      const { runner } = await context.app();
      const report = await runner.report(await runner.idOf(batch ?? 'latest'));
      const statistics = file === undefined ? undefined : await runner.statistics(report.batch_id);
      output.document(report);
      for (const line of reportLines(report, { ...output, limits: true, ...(statistics && { statistics }) }))
        output.line(line);
      if (statistics !== undefined) await file?.write(statistics);
      return EXIT.completed;
    }),
  );
}
