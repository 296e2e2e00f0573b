import { type Command, Option } from 'commander';
import { AppError } from '../errors.ts';

/** Options that are part of the design and not built yet: told apart from misspelt ones, and never ignored. */
const LATER = [
  new Option('--mode <mode>'),
  new Option('--batch-threshold <rows>'),
  new Option('--batch-deadline <hours>'),
  new Option('--no-fallback'),
];

/** Makes a command refuse the options of {@link LATER} with `option_not_supported`; its help does not show them. */
export function refuseLaterOptions(command: Command): void {
  for (const option of LATER) command.addOption(option.hideHelp());
  command.hook('preAction', () => {
    for (const option of LATER) {
      if (command.getOptionValueSource(option.attributeName()) === 'cli') {
        throw new AppError('option_not_supported', `${option.long} is not supported yet; leave it out.`);
      }
    }
  });
}
