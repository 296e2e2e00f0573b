import type { Command } from 'commander';
import { numberArgument } from '../arguments/mapping-arguments.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { listenForStop } from '../signals.ts';
import { missingLines } from '../terminal/missing-text.ts';

/** `rowmill serve`: chat and MCP over HTTP; batches run in this process. */
export function addServeCommand(command: Command, context: CommandContext): void {
  command
    .option(
      '--host <address>',
      'address to listen on; an address beyond loopback requires a key (rowmill keys)',
      '127.0.0.1',
    )
    .option(
      '-p, --port <port>',
      'port to listen on; 0: any free port',
      numberArgument('--port', { integer: true, min: 0, max: 65_535 }),
      8787,
    )
    .addHelpText('after', HELP)
    .action((given: { host: string; port: number }) =>
      context.run(async (output) => {
        const app = await context.app({ drives: true });
        const stop = listenForStop(context.signals, {
          onFirst: () =>
            output.note('Stopping: calls in flight are finished first. Press Ctrl-C again to stop immediately.'),
          onSecond: () => output.note('Stopping immediately.'),
          hardAfterMs: DRAIN_MS,
        });
        try {
          const { signal, hardSignal } = stop;
          const face = await context.faces.http(app, { ...given, signal, hardSignal });
          const settings = await app.missingSettings();
          const addresses = { url: face.url, chat: `${face.url}/v1/chat`, mcp: `${face.url}/mcp` };
          output.document({ ...addresses, missing: settings.missing });
          output.line(`Listening on ${output.paint('cyan', face.url)}`);
          output.line(`  chat  POST ${face.url}/v1/chat`);
          output.line(`  MCP        ${face.url}/mcp`);
          for (const line of missingLines(settings)) output.note(line);
          output.note('Ctrl-C stops.');
          await Promise.all([
            app.supervise({ signal, hardSignal, untilIdle: false }),
            app.keepSchedules(signal),
            face.closed,
          ]);
          return EXIT.completed;
        } finally {
          stop.close();
        }
      }),
    );
}

/** How long calls in flight may take after SIGTERM, in milliseconds; what is cut then goes on from the journal. */
const DRAIN_MS = 30_000;

const HELP = `
Examples:
  rowmill serve
  curl -N localhost:8787/v1/chat -H 'content-type: application/json' -d '{"message": "What can you do?"}'
  ROWMILL_API_KEYS=secret rowmill serve --host 0.0.0.0`;
