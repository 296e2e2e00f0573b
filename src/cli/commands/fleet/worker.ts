import type { Command } from 'commander';
import { fleetTag } from '../../../agent/definition.ts';
import { AppError } from '../../../base/errors.ts';
import { numberArgument } from '../../arguments/mapping-arguments.ts';
import type { CommandContext } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { listenForStop } from '../../signals.ts';

/** `rowmill worker`: runs rows for a fleet, without a store. */
export function addWorkerCommand(command: Command, context: CommandContext): void {
  command
    .option('--tags <tags>', 'what this worker has, such as browser,gpu; agents say what they require', tagsOf, [])
    .option(
      '--concurrency <rows>',
      'how many rows it runs at a time',
      numberArgument('--concurrency', { integer: true, min: 1, max: 1000 }),
      8,
    )
    .option(
      '--port <port>',
      'port of /healthz and /metrics; 0: any free port (default: none)',
      numberArgument('--port', { integer: true, min: 0, max: 65_535 }),
    )
    .option('--host <address>', 'address of that port', '127.0.0.1')
    .addHelpText('after', HELP)
    .action(({ host, port, ...given }: { tags: string[]; concurrency: number; host: string; port?: number }) =>
      context.run(async (output) => {
        const stop = listenForStop(context.signals, {
          onFirst: () =>
            output.note('Stopping: rows in progress are finished first. Press Ctrl-C again to stop immediately.'),
          onSecond: () => output.note('Stopping immediately.'),
          hardAfterMs: DRAIN_MS,
        });
        try {
          const { signal, hardSignal } = stop;
          await context.faces.worker({
            ...{ ...given, signal, hardSignal },
            health: port === undefined ? undefined : { host, port },
            onReady: ({ id, health }) => {
              output.document({ id, ...given, health: health ?? null });
              output.line(`Worker ${id} takes rows, ${given.concurrency} at a time.`);
              if (health !== undefined) output.line(`  health  ${health}/healthz`);
              output.note('Ctrl-C stops.');
            },
          });
          return EXIT.completed;
        } finally {
          stop.close();
        }
      }),
    );
}

/** How long rows in progress may take after SIGTERM, in milliseconds; what is cut then goes on from the journal. */
const DRAIN_MS = 60_000;

function tagsOf(text: string): string[] {
  const tags = text.split(',').flatMap((tag) => tag.trim() || []);
  for (const tag of tags) {
    const parsed = fleetTag.safeParse(tag);
    if (!parsed.success) throw new AppError('invalid_arguments', `--tags: ${parsed.error.issues[0]?.message}.`);
  }
  return [...new Set(tags)].sort();
}

const HELP = `
It needs ROWMILL_REDIS_URL, ROWMILL_WORKER_KEY beyond loopback, and what its agents
need: the keys of their models and, for tools that start commands or load files,
the same ROWMILL_AGENTS. docs/fleet.md says how.

Examples:
  ROWMILL_REDIS_URL=redis://127.0.0.1:6379 rowmill worker --concurrency 16
  ROWMILL_REDIS_URL=rediss://fleet@redis.example.internal rowmill worker --tags browser`;
