import { type Command, Option } from 'commander';
import { localCaller, SCOPES, type Scope } from '../../../runner/contract/caller.ts';
import { numberArgument } from '../../arguments/mapping-arguments.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';

interface CreateArguments {
  scope: Scope;
  owner?: string;
  budgetUsdPerDay?: number;
  requestsPerMinute?: number;
}

/** `rowmill keys create NAME`: the key is shown once. */
export function addKeysCreateCommand(keys: Command, context: CommandContext): void {
  newCommand(keys, 'create', 'Make a key; it is shown once, and only its digest is stored')
    .argument('<name>', 'a name of your own, such as the program that uses it')
    .addOption(
      new Option(
        '--scope <scope>',
        'read: see everything; run: also start and change; admin: also keys and the audit log',
      )
        .choices([...SCOPES])
        .default('run'),
    )
    .option('--owner <name>', 'whom it is for')
    .option(
      '--budget-usd-per-day <usd>',
      'what its batches, chat turns and tried agents may spend a day',
      numberArgument('--budget-usd-per-day', { min: 0 }),
    )
    .option(
      '--requests-per-minute <n>',
      'its rate limit over HTTP',
      numberArgument('--requests-per-minute', { integer: true, min: 1 }),
    )
    .action((name: string, { scope, owner, budgetUsdPerDay, requestsPerMinute }: CreateArguments) =>
      context.run(async (output) => {
        const { access } = await context.app();
        const request = {
          ...{ name, scope },
          ...(owner !== undefined && { owner }),
          ...(budgetUsdPerDay !== undefined && { budget_usd_per_day: budgetUsdPerDay }),
          ...(requestsPerMinute !== undefined && { requests_per_minute: requestsPerMinute }),
        };
        const { key, secret } = await access.keys.create(request, localCaller('cli'));
        output.document({ ...key, secret });
        output.note(`Made ${key.id} (${oneLine(key.name)}). This is the key; it is shown once:`);
        output.line(secret);
        return EXIT.completed;
      }),
    );
}
