import type { Command } from 'commander';
import { listByDefault } from '../../arguments/list-by-default.ts';
import type { CommandContext } from '../../command-context.ts';
import { addAgentsCheckCommand } from './agents-check.ts';
import { addAgentsDeleteCommand } from './agents-delete.ts';
import { addAgentsExportCommand } from './agents-export.ts';
import { addAgentsListCommand, listAgents } from './agents-list.ts';
import { addAgentsNewCommand } from './agents-new.ts';
import { addAgentsShowCommand } from './agents-show.ts';
import { addAgentsSuggestCommand } from './agents-suggest.ts';

/** `rowmill agents …`. */
export function addAgentsCommands(agents: Command, context: CommandContext): void {
  agents.helpCommand(false).addHelpText('after', HELP);
  addAgentsListCommand(agents, context);
  addAgentsShowCommand(agents, context);
  addAgentsCheckCommand(agents, context);
  addAgentsSuggestCommand(agents, context);
  addAgentsNewCommand(agents, context);
  addAgentsExportCommand(agents, context);
  addAgentsDeleteCommand(agents, context);
  listByDefault(agents, context, (output) => listAgents({ context, output }));
}

const HELP = `
Without a command, agents are listed.
Agents are read from ./agents.yaml, or from the place that ROWMILL_AGENTS names,
in addition to the bundled agents and those that were saved with --save-agent
or "agents new --save". A name in a file is never replaced by a saved agent.

Examples:
  rowmill agents list
  rowmill agents show broadband-checker-structured-v2
  rowmill agents check broadband-checker-structured-v2 --table addresses.csv
  rowmill agents suggest 'Topic of {message}' --table messages.csv
  rowmill agents new topic --prompt 'Topic of {message}' --output topic --save
  rowmill agents export topic > agents.yaml
  rowmill agents delete topic@v1`;
