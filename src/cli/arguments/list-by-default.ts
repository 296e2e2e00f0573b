import type { Command } from 'commander';
import { AppError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import type { CommandContext, Output } from '../command-context.ts';

/** Makes a command with subcommands run `list` when none of them is named. A wrong name is an error with the nearest. */
export function listByDefault(
  group: Command,
  context: CommandContext,
  list: (output: Output) => Promise<number>,
): void {
  group.allowExcessArguments(true).action(() =>
    context.run(async (output) => {
      const [wrong] = group.args;
      if (wrong === undefined) return list(output);
      const known = group.commands.map((command) => command.name());
      const near = nearest(wrong, known);
      const fix = near === undefined ? `The commands are ${known.join(', ')}.` : `Did you mean ${near}?`;
      throw new AppError('invalid_arguments', `There is no command "${group.name()} ${wrong}". ${fix}`);
    }),
  );
}
