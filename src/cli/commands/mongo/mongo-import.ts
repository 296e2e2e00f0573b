import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { counted } from '../../../base/figures.ts';
import type { JsonObject } from '../../../protocol/messages.ts';
import type { App } from '../../app.ts';
import { locationArgument, numberArgument } from '../../arguments/mapping-arguments.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { bundledQueries } from '../../mongo/support-queries.ts';
import { oneLine } from '../../terminal/safe-text.ts';

/** How many bundled queries are imported where no number is given. */
const COUNT = 100;
const MOST = 1_000_000;

interface ImportArguments {
  count?: number;
  to?: string;
}

/** `rowmill mongo import [FILE]`: bundled support queries, or the rows of a table, as documents. */
export function addMongoImportCommand(mongo: Command, context: CommandContext): void {
  newCommand(mongo, 'import', 'Put invented support queries, or the rows of a table, into a collection')
    .argument('[file]', 'a table with a column query_id; its rows become documents (default: the bundled queries)')
    .option(
      '--count <n>',
      `how many documents (default: ${COUNT} bundled queries; all rows of a file)`,
      numberArgument('--count', { integer: true, min: 1, max: MOST }),
    )
    .option(
      '--to <uri>',
      'mongodb://host/database/collection (default: conversation_set in the database of ROWMILL_MONGODB_URI, else in test)',
    )
    .addHelpText('after', HELP)
    .action((file: string | undefined, given: ImportArguments) =>
      context.run((output) => importInto(file, given, { context, output })),
    );
}

const HELP = `
A document is known by its query_id: repeated, the command adds only those that
are missing, and leaves the others as they are. The bundled queries are invented:
e-mails, chats and phone calls in seven languages, the same every time. JSON may be
MongoDB's extended JSON, as mongoexport writes it.

Examples:
  rowmill mongo import --count 2000
  rowmill mongo import tickets.jsonl --to mongodb://127.0.0.1/support/tickets`;

async function importInto(
  file: string | undefined,
  { count, to }: ImportArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const app = await context.app();
  const uri = to === undefined ? undefined : collectionUri(to, app);
  const documents =
    file === undefined
      ? bundledQueries({ count: count ?? COUNT })
      : rowsOf(locationArgument(file, context.io.cwd), app, count);
  const imported = await app.importDocuments(documents, uri);
  output.document(imported);
  const there = imported.existing === 0 ? '' : `; ${counted(imported.existing, 'document')} of these ids were there`;
  output.line(`${counted(imported.inserted, 'document')} imported into ${oneLine(imported.uri)}${there}.`);
  output.note(`Next: rowmill run ${oneLine(imported.uri)} --agent query-classifier --dry-run`);
  return EXIT.completed;
}

/** @throws AppError `uri_invalid` for a place of another kind, and for credentials in the URI */
function collectionUri(to: string, app: App): string {
  const uri = app.tables.absolute(to);
  if (/^mongodb(\+srv)?:/.test(uri)) return uri;
  throw new AppError('uri_invalid', `--to ${oneLine(to)} is no collection: write mongodb://HOST/DATABASE/COLLECTION.`);
}

async function* rowsOf(uri: string, app: App, count = Number.POSITIVE_INFINITY): AsyncGenerator<JsonObject> {
  const source = await app.tables.openSource(uri);
  try {
    let left = count;
    for await (const page of source.rows()) {
      for (const row of page) {
        if (row.kind === 'malformed') {
          throw new AppError('row_malformed', `Line ${row.line} of ${source.uri} can't be read: ${row.reason}.`);
        }
        const columns = source.columns();
        yield Object.fromEntries(row.cells.map((cell, at) => [columns[at] ?? `column ${at + 1}`, cell]));
        left -= 1;
        if (left === 0) return;
      }
    }
  } finally {
    await source.close();
  }
}
