import { type Command, InvalidArgumentError } from 'commander';
import { dollars } from '../../base/figures.ts';
import { type ModelPrice, pricedModel } from '../../runner/contract/service/settings.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../terminal/safe-text.ts';
import { layOutTable } from '../terminal/terminal-table.ts';

/** `rowmill prices`: what models cost, in real time and by the batch API of their provider. */
export function addPricesCommand(command: Command, context: CommandContext): void {
  command
    .argument('[models...]', 'as provider/model; without them those of the agents, and the default models', modelsOf)
    .addHelpText('after', HELP)
    .action((models: string[]) =>
      context.run(async (output) => {
        const app = await context.app();
        const prices = await app.prices(models.length === 0 ? undefined : models);
        output.document({ prices });
        const { paint, width } = output;
        const figure = (title: string) => ({ title, align: 'right' as const, minWidth: 'whole' as const });
        const columns = [
          { title: 'model', minWidth: 20, paint: (text: string) => paint('cyan', text) },
          ...['input', 'output', 'batch in', 'batch out', 'written', 'read'].map(figure),
        ];
        for (const text of layOutTable(columns, prices.map(rowOf), { width, paint })) output.line(text);
        output.note('Dollars per million tokens; "written" and "read": the cache of the provider.');
        return EXIT.completed;
      }),
    );
}

const HELP = `
ROWMILL_PRICES names a file with prices of your own.`;

function modelsOf(model: string, before: string[] = []): string[] {
  if (pricedModel.safeParse(model).success) return [...before, model];
  throw new InvalidArgumentError('It must be provider/model.');
}

function rowOf({ model, realtime, batch }: ModelPrice): string[] {
  if (realtime === null) return [oneLine(model), 'unknown'];
  const byBatch = batch === null ? ['', ''] : [dollars(batch.input), dollars(batch.output)];
  const { input, output, cache_write: written, cache_read: read } = realtime;
  return [oneLine(model), dollars(input), dollars(output), ...byBatch, dollars(written), dollars(read)];
}
