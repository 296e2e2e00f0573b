import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addAgentsCheckCommand } from './agents-check.ts';
import { addAgentsListCommand } from './agents-list.ts';
import { addAgentsShowCommand } from './agents-show.ts';

/** `rowmill agents …`. */
export function addAgentsCommands(program: Command, context: CommandContext): void {
  const agents = program
    .command('agents')
    .description('List agents, show one, check one against a table')
    .helpCommand(false)
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', HELP);
  addAgentsListCommand(agents, context);
  addAgentsShowCommand(agents, context);
  addAgentsCheckCommand(agents, context);
}

const HELP = `
Agents are read from ./agents.yaml, or from the place that ROWMILL_AGENTS names,
in addition to the bundled agents.

Examples:
  rowmill agents list
  rowmill agents show broadband-checker-structured-v2
  rowmill agents check broadband-checker-structured-v2 --table addresses.csv`;
