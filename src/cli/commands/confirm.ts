import type { Command } from 'commander';
import { AppError } from '../../base/errors.ts';
import { dollars } from '../../base/figures.ts';
import { askToGoOn, canAsk } from '../agreement.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../terminal/safe-text.ts';

/** `rowmill confirm CODE`: a person agrees to what a model asked for through MCP. */
export function addConfirmCommand(command: Command, context: CommandContext): void {
  command
    .argument('<code>', 'the code that the model showed you')
    .addHelpText('after', HELP)
    .action((code: string) => context.run((output) => confirm(code, { context, output })));
}

const HELP = `
Shows what will be started and what it may cost, and asks. A code is
valid for a quarter of an hour, for one start. It must be typed by a person in a
terminal, with the ROWMILL_DATA_DIR of the server that gave it.`;

async function confirm(
  code: string,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const { confirmations } = await context.app();
  const consent = await confirmations.find({ code });
  if (consent === undefined) throw noSuchQuestion(code);
  if (!canAsk(context, output)) {
    throw new AppError(
      'confirmation_needed',
      'Only a person can agree: type rowmill confirm in a terminal, without --json.',
    );
  }
  output.note(`${oneLine(consent.title)}.`);
  output.note(
    `Cost, at the high end of the estimate: ${consent.expectedUsd === null ? 'unknown' : dollars(consent.expectedUsd)}.`,
  );
  // 0: a person always has to type the yes.
  if (!(await askToGoOn(context, 'Do you agree?', { expectedUsd: consent.expectedUsd, limitUsd: 0 }))) {
    output.note('Not agreed. Nothing is started.');
    return EXIT.cancelled;
  }
  if (!(await confirmations.agree(code))) throw noSuchQuestion(code);
  output.line('Agreed, for one start. Tell the model to go on.');
  return EXIT.completed;
}

function noSuchQuestion(code: string): AppError {
  return new AppError(
    'not_found',
    `There is no open question with the code "${oneLine(code)}": it was used, it has expired, or it belongs to another ROWMILL_DATA_DIR. Let the model ask again.`,
  );
}
