import type { BatchPlan } from '../runner/contract/report/plan.ts';
import type { Output } from './command-context.ts';
import { EXIT, exitCodeOfError } from './exit-codes.ts';
import { planLines } from './terminal/report-text.ts';

/** Prints the plan of a batch that is not started; returns the exit status. */
export function showPlan(plan: BatchPlan, output: Output): number {
  output.document({ dry_run: true, ...plan });
  for (const line of planLines(plan, output)) output.line(line);
  const first = plan.problems[0];
  if (first === undefined) output.line('The batch can run. Nothing was started.');
  return first === undefined ? EXIT.completed : exitCodeOfError(first.code);
}
