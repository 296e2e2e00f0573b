import type { Command } from 'commander';
import { count } from '../../base/figures.ts';
import { countText } from '../../runner/forecast/request-tokens.ts';
import { STREAM } from '../arguments/table-argument.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';

/** `rowmill tokens`: counts the tokens of a text on this machine, by the counter of the estimates. */
export function addTokensCommand(command: Command, context: CommandContext): void {
  command
    .argument('<text>', 'the text to count; - is stdin')
    .option('--provider <provider>', 'count as the tokenizer of this provider does')
    .addHelpText('after', '\nThe count is within about 20 %. Nothing is sent.')
    .action((given: string, { provider }: { provider?: string }) =>
      context.run(async (output) => {
        const text = given === STREAM ? await readAll(context.io.stdin) : given;
        const tokens = countText(text, provider);
        output.document({ tokens });
        output.line(count(tokens));
        return EXIT.completed;
      }),
    );
}

async function readAll(stdin: AsyncIterable<Uint8Array | string>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
