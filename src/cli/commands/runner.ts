import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { listenForStop } from '../signals.ts';

/** `rowmill runner`, hidden: the detached process that drives batches that no process drives, until none is left. */
export function addRunnerCommand(command: Command, context: CommandContext): void {
  command.action(() =>
    context.run(async (output) => {
      const app = await context.app({ drives: true });
      const stop = listenForStop(context.signals, {
        onFirst: () => app.log.info('the detached runner drains'),
        onSecond: () => app.log.info('the detached runner stops immediately'),
      });
      try {
        await app.supervise({ signal: stop.signal, hardSignal: stop.hardSignal, untilIdle: true });
        const interrupted = stop.signal.aborted;
        output.document({ idle: !interrupted });
        return interrupted ? EXIT.interrupted : EXIT.completed;
      } finally {
        stop.close();
      }
    }),
  );
}
