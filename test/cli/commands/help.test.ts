import { Command } from 'commander';
import { expect, test } from 'vitest';
import { newCommand } from '../../../src/cli/command-context.ts';
import { COMMANDS } from '../../../src/cli/commands/commands.ts';

// The help of the program shows commands without loading them.
test.each(COMMANDS)('the help shows "$usage" with the arguments that the command declares', async ({ usage, load }) => {
  const shown = newCommand(new Command(), usage, '');
  const real = newCommand(new Command(), shown.name(), '');
  (await load())(real, undefined as never);
  const terms = (command: Command) => command.registeredArguments.map((one) => [one.name(), one.required]);
  expect(terms(shown)).toEqual(terms(real));
});
