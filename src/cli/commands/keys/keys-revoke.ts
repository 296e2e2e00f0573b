import type { Command } from 'commander';
import { localCaller } from '../../../runner/contract/caller.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';

/** `rowmill keys revoke KEY`: its requests are refused from now on. */
export function addKeysRevokeCommand(keys: Command, context: CommandContext): void {
  newCommand(keys, 'revoke', 'Revoke a key: its requests are refused from now on; its batches go on')
    .argument('<key>', 'the id or the name of a key')
    .action((name: string) =>
      context.run(async (output) => {
        const { access } = await context.app();
        const key = await access.keys.revoke(name, localCaller('cli'));
        output.document(key);
        output.line(`Revoked ${key.id} (${oneLine(key.name)}).`);
        return EXIT.completed;
      }),
    );
}
