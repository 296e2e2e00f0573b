import type { Command } from 'commander';
import { dollars } from '../../../base/figures.ts';
import { locationArgument } from '../../arguments/mapping-arguments.ts';
import { outputArgument } from '../../arguments/question-arguments.ts';
import { shellWord } from '../../arguments/shell-word.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { listenForStop } from '../../signals.ts';
import { oneLine } from '../../terminal/safe-text.ts';

/** `rowmill agents suggest PROMPT`: the fields of its answer, as the model of the orchestrator would choose them. */
export function addAgentsSuggestCommand(agents: Command, context: CommandContext): void {
  newCommand(agents, 'suggest', 'Suggest the fields of the answer to a question, by the model of the orchestrator')
    .argument('<prompt>', 'the question about each row, as --prompt takes it')
    .option('-t, --table <location>', 'the table that it is about: the model sees the names of its columns')
    .action((prompt: string, { table }: { table?: string }) =>
      context.run(async (output) => {
        const app = await context.app();
        const source =
          table === undefined ? undefined : await app.transfer.send(locationArgument(table, context.io.cwd));
        const stop = listenForStop(context.signals, {
          onFirst: () => output.note('Stopping.'),
          onSecond: () => undefined,
        });
        try {
          const columns =
            source === undefined
              ? []
              : (await app.preview({ csv_uri: source.uri, place: 0, limit: 1 }, stop.signal)).columns;
          const found = await app.suggestFields({ prompt, columns }, { signal: stop.signal });
          output.document(found);
          for (const field of found.fields) output.line(oneLine(`--output ${shellWord(outputArgument(field))}`));
          output.note(`By ${oneLine(found.model)}, for ${dollars(found.cost_usd)}.`);
          return EXIT.completed;
        } finally {
          stop.close();
          await source?.remove();
        }
      }),
    );
}
