import type { Command } from 'commander';
import type { CommandContext } from '../../command-context.ts';
import { addMongoImportCommand } from './mongo-import.ts';

/** `rowmill mongo …`: collections of MongoDB. */
export function addMongoCommands(mongo: Command, context: CommandContext): void {
  mongo.helpCommand(false).addHelpText('after', HELP);
  addMongoImportCommand(mongo, context);
}

const HELP = `
A collection is a table: rowmill run mongodb://host/database/collection.
Set ROWMILL_MONGODB_URI to the URI of its server, with its credentials. Without
it, servers on this machine are reached.`;
