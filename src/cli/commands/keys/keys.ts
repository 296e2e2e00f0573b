import type { Command } from 'commander';
import { listByDefault } from '../../arguments/list-by-default.ts';
import type { CommandContext } from '../../command-context.ts';
import { addKeysCreateCommand } from './keys-create.ts';
import { addKeysListCommand, listKeys } from './keys-list.ts';
import { addKeysRevokeCommand } from './keys-revoke.ts';

/** `rowmill keys …`. */
export function addKeysCommands(keys: Command, context: CommandContext): void {
  keys.helpCommand(false).addHelpText('after', HELP);
  addKeysListCommand(keys, context);
  addKeysCreateCommand(keys, context);
  addKeysRevokeCommand(keys, context);
  listByDefault(keys, context, (output) => listKeys({ context, output }));
}

const HELP = `
Without a command, keys are listed. Clients of "rowmill serve" send a key as
"Authorization: Bearer KEY". Once there is a key, every client needs one, also
after the last one was revoked. Keys of ROWMILL_API_KEYS have the scope admin.

Examples:
  rowmill keys create nightly-import --scope run --budget-usd-per-day 20
  rowmill keys create dashboard --scope read --requests-per-minute 120
  rowmill keys revoke nightly-import`;
