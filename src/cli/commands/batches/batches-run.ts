import type { Command } from 'commander';
import type { BatchPlan } from '../../../runner/contract/report/plan.ts';
import { askToGoOn, canAsk, mayStartUnasked, tooCostly } from '../../agreement.ts';
import { BATCH_ARGUMENT } from '../../arguments/batch-argument.ts';
import { addOptionFlags, type FlagValues, optionsOf } from '../../arguments/option-flags.ts';
import { addStatsFlag, openStatsFile, type StatsFlag } from '../../arguments/stats-file.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { openForeground } from '../../foreground.ts';
import { showPlan } from '../../show-plan.ts';
import { showSample } from '../../show-sample.ts';
import { planLines } from '../../terminal/report-text.ts';
import { showResult } from '../../terminal/show-result.ts';

interface RunArguments extends FlagValues, StatsFlag {
  dryRun?: boolean;
  yes?: boolean;
}

/** `rowmill batches run BATCH`: starts a batch that has collected its rows, in the foreground. */
export function addBatchesRunCommand(batches: Command, context: CommandContext): void {
  const command = newCommand(batches, 'run', 'Start a batch that has collected its rows, in the foreground')
    .argument('<batch>', BATCH_ARGUMENT)
    .option('--dry-run', 'validate, show mapping and estimate, start nothing')
    .option('-y, --yes', 'start without asking, at any cost');
  addStatsFlag(command);
  addOptionFlags(command);
  command
    .addHelpText(
      'after',
      '\nOptions are added to those of "batches create", or replace them. The exit status is that of "rowmill run".',
    )
    .action((name: string, given: RunArguments) => context.run((output) => run(name, given, { context, output })));
}

async function run(
  name: string,
  given: RunArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const file = await openStatsFile(given, context.io.cwd);
  const app = await context.app();
  const id = await app.runner.idOf(name);
  const options = optionsOf(given);
  const request = Object.keys(options).length === 0 ? {} : { options };
  const limitUsd = app.config.confirmAboveUsd;
  const spendOf = ({ spending_usd: expectedUsd }: BatchPlan) => ({ expectedUsd, limitUsd });
  const isAsking = given.yes !== true && canAsk(context, output);
  if (given.dryRun === true || isAsking) {
    const plan = await app.runner.planRun(id, request);
    if (given.dryRun === true || plan.problems.length > 0) return showPlan(plan, output);
    for (const line of planLines(plan, output)) output.note(line);
    if (!(await askToGoOn(context, 'Start?', spendOf(plan)))) {
      output.note('Not started.');
      return EXIT.cancelled;
    }
  }
  const foreground = openForeground(context, output);
  try {
    const starting = app.runner.run(id, request, async (plan) => {
      if (given.yes === true || isAsking) return;
      const spend = spendOf(plan);
      if (!(await mayStartUnasked(app, spend, { batchId: id, spentUsd: 0 }))) throw tooCostly(spend);
    });
    const { plan } = await foreground.before(starting);
    if (!isAsking) for (const line of planLines(plan, output)) output.note(line);
    output.note(`Started ${id}.`);
    const result = await foreground.drive(app, id);
    await showSample(result.report, plan.input_mapping, { app, output });
    return await showResult(result, output, { app, file });
  } finally {
    foreground.close();
  }
}
