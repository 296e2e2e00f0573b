import type { Command } from 'commander';
import { exampleKeyVariable } from '../../providers/catalog.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { listenForStop } from '../signals.ts';

/** `rowmill mcp`: MCP over stdio. stdout belongs to the protocol: this command prints nothing. */
export function addMcpCommand(command: Command, context: CommandContext): void {
  command.addHelpText('after', HELP).action(() =>
    context.run(async () => {
      const app = await context.app();
      const face = await context.faces.mcp(app);
      const stopped = Promise.withResolvers<void>();
      const stop = listenForStop(context.signals, { onFirst: stopped.resolve, onSecond: () => undefined });
      try {
        await Promise.race([face.done, stopped.promise]);
      } finally {
        await face.close();
        stop.close();
        await app.ensureDetachedRunner();
      }
      return EXIT.completed;
    }),
  );
}

const HELP = `
Ends when the client closes stdin. Batches that were started continue in a
separate process.

Claude Desktop, in claude_desktop_config.json:
  {"mcpServers": {"rowmill": {"command": "rowmill", "args": ["mcp"],
    "env": {"${exampleKeyVariable()}": "…", "ROWMILL_FILES": "/folder/with/tables"}}}}`;
