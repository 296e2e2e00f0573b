import type { Command } from 'commander';
import type { KeyInfo } from '../../../access/key-info.ts';
import { counted, dollars } from '../../../base/figures.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';

/** `rowmill keys list`: those of the environment first, then the newest first. */
export function addKeysListCommand(keys: Command, context: CommandContext): void {
  newCommand(keys, 'list', 'List keys, also revoked ones').action(() =>
    context.run((output) => listKeys({ context, output })),
  );
}

/** What "keys list" does, also where no command of "keys" is named. */
export async function listKeys({ context, output }: { context: CommandContext; output: Output }): Promise<number> {
  const found = await (await context.app()).access.keys.list();
  output.document({ keys: found });
  if (found.length === 0) output.line('There are no keys. Make one with: rowmill keys create NAME');
  else showKeys(found, output);
  return EXIT.completed;
}

function showKeys(found: KeyInfo[], { paint, width, line }: Output): void {
  const columns = [
    { title: 'key', minWidth: 'whole' as const, paint: (text: string) => paint('cyan', text) },
    { title: 'name', minWidth: 8 },
    { title: 'scope', minWidth: 'whole' as const },
    { title: 'owner', minWidth: 5 },
    { title: 'a day', align: 'right' as const, minWidth: 'whole' as const },
    { title: 'a minute', align: 'right' as const, minWidth: 'whole' as const },
    { title: 'last used (UTC)', minWidth: 10 },
    { title: 'state', minWidth: 'whole' as const },
  ];
  const rows = found.map((key) => [
    key.id,
    oneLine(key.name),
    key.scopes.at(-1) ?? '',
    oneLine(key.owner ?? ''),
    key.budget_usd_per_day === null ? '' : dollars(key.budget_usd_per_day),
    key.requests_per_minute === null ? '' : String(key.requests_per_minute),
    key.last_used_at?.slice(0, 16).replace('T', ' ') ?? '',
    key.revoked_at === null ? (key.origin === 'environment' ? 'environment' : 'valid') : 'revoked',
  ]);
  for (const text of layOutTable(columns, rows, { width, paint })) line(text);
  line(counted(found.length, 'key'));
}
