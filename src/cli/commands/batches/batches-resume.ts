import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import type { BatchReport } from '../../../runner/contract/report/report.ts';
import type { ResumeRequest } from '../../../runner/contract/request/request.ts';
import { spendingOfRest } from '../../../runner/intake/money/spending.ts';
import { ENDED } from '../../../runner/lifecycle/batch.ts';
import { askToGoOn, canAsk, mayStartUnasked, tooCostly } from '../../agreement.ts';
import { BATCH_ARGUMENT, FALLBACK_TEXT } from '../../arguments/batch-argument.ts';
import { type FlagValues, optionFlag, optionsOf } from '../../arguments/option-flags.ts';
import { addStatsFlag, openStatsFile, type StatsFlag } from '../../arguments/stats-file.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { openForeground } from '../../foreground.ts';
import { showSample } from '../../show-sample.ts';
import { estimateText } from '../../terminal/report-text.ts';
import { showResult } from '../../terminal/show-result.ts';

interface ResumeArguments extends FlagValues, StatsFlag {
  maxCost?: number;
  fallback?: boolean;
  resendLost?: boolean;
  yes?: boolean;
}

/** `rowmill batches resume BATCH`: continues where it stopped, in the foreground. */
export function addBatchesResumeCommand(batches: Command, context: CommandContext): void {
  const resume = newCommand(batches, 'resume', 'Continue a paused or interrupted batch, in the foreground')
    .argument('<batch>', BATCH_ARGUMENT)
    .addOption(optionFlag('max_cost_usd', 'a new cap on the total cost of the batch'))
    .addOption(optionFlag('concurrency', 'rows that run concurrently from now on'))
    .option(
      '--resend-lost',
      'give up provider jobs that may or may not exist: their rows are sent again, and may be paid for twice',
    )
    .option('--fallback', FALLBACK_TEXT)
    .option('-y, --yes', 'resume without asking, at any cost');
  addStatsFlag(resume);
  resume
    .addHelpText('after', '\nAnswered calls are not sent or paid for again. The exit status is that of "rowmill run".')
    .action((name: string, given: ResumeArguments) =>
      context.run(async (output) => {
        const statsFile = await openStatsFile(given, context.io.cwd);
        const app = await context.app();
        const figures = { app, file: statsFile };
        const batch = await app.runner.idOf(name);
        const before = await app.runner.report(batch);
        if (ENDED.includes(before.status)) {
          output.note(`${batch} has ended: nothing is left to resume.`);
          return showResult({ report: before, interrupted: false, elsewhere: false }, output, figures);
        }
        if (before.status === 'paused' && !(await isAgreed(before, given, { context, output }))) {
          output.note('Not resumed.');
          return EXIT.cancelled;
        }
        const foreground = openForeground(context, output);
        try {
          if (before.status === 'paused') await foreground.before(app.runner.resume(batch, changeOf(given)));
          // A batch whose process died is still "running": it needs a driver, not a change of state.
          else if (Object.keys(changeOf(given)).length > 0) throw onlyPaused(before);
          const result = await foreground.drive(app, batch);
          // A sample that was interrupted pauses again at its end.
          await showSample(result.report, undefined, { app, output });
          return await showResult(result, output, figures);
        } finally {
          foreground.close();
        }
      }),
    );
}

/** Whether the remaining rows need no confirmation, or a person agrees to their cost. */
async function isAgreed(
  before: BatchReport,
  given: ResumeArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<boolean> {
  if (given.yes === true) return true;
  const rest = before.estimate_rest;
  const expectedUsd = spendingOfRest(rest, before, given.maxCost ?? before.options.max_cost_usd ?? undefined);
  const app = await context.app();
  const spend = { expectedUsd, limitUsd: app.config.confirmAboveUsd };
  const action = { batchId: before.batch_id, spentUsd: before.cost_usd ?? 0 };
  if (await mayStartUnasked(app, spend, action)) return true;
  if (!canAsk(context, output)) throw tooCostly(spend);
  if (rest !== null) output.note(`Remaining rows: ${estimateText(rest, output.paint)}`);
  return askToGoOn(context, 'Resume?', spend);
}

function changeOf(given: ResumeArguments): ResumeRequest {
  const { fallback: _, ...limits } = optionsOf(given);
  return {
    ...limits,
    ...(given.fallback === true && { fallback: true }),
    ...(given.resendLost === true && { resend_lost: true }),
  };
}

function onlyPaused({ batch_id, status }: BatchReport): AppError {
  return new AppError(
    'batch_state_invalid',
    `${batch_id} is ${status}: --max-cost and --concurrency can be changed only while it is paused. Leave them out.`,
  );
}
