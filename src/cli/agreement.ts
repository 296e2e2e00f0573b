import { createInterface } from 'node:readline/promises';
import { AppError } from '../base/errors.ts';
import { dollars } from '../base/figures.ts';
import { mustConfirm } from '../runner/intake/spending.ts';
import type { CommandContext, Output } from './command-context.ts';

/** What a command is about to spend. */
export interface AboutToSpend {
  /** null when the price is unknown. */
  expectedUsd: number | null;
  /** Dollars from which on somebody has to agree; 0 is always. */
  limitUsd: number;
}

/** Whether a person is there to be asked. */
export function canAsk({ io }: CommandContext, output: Output): boolean {
  return io.isTTY.stdin && io.isTTY.stderr && !output.json;
}

/** A question on stderr; an empty answer is yes, or no where much is at stake. */
export async function askToGoOn({ io }: CommandContext, question: string, spend: AboutToSpend): Promise<boolean> {
  const isCareful = mustConfirm(spend.expectedUsd, spend.limitUsd);
  const prompt = createInterface({ input: io.stdin, output: io.stderr });
  try {
    const answer = await prompt.question(`${question} ${isCareful ? '[y/N]' : '[Y/n]'} `);
    return (isCareful ? /^(y|yes)$/i : /^(y|yes|)$/i).test(answer.trim());
  } catch (cause) {
    throw new AppError('aborted', 'Not started.', { cause });
  } finally {
    prompt.close();
  }
}

/**
 * For where nobody can be asked.
 * @throws AppError `confirmation_needed`, with the fix
 */
export function refuseCostly({ expectedUsd, limitUsd }: AboutToSpend): void {
  if (!mustConfirm(expectedUsd, limitUsd)) return;
  const cost = expectedUsd === null ? 'What it costs is unknown' : `It is expected to cost ${dollars(expectedUsd)}`;
  throw new AppError(
    'confirmation_needed',
    `${cost}, and from ${dollars(limitUsd)} on (ROWMILL_CONFIRM_ABOVE_USD) somebody has to agree. Add --yes to go on, or ` +
      'spend less: --max-cost USD, or --sample ROWS for a start.',
  );
}
