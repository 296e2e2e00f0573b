import { batchOptions } from '../../runner/contract/request/options.ts';
import { readingOptions } from '../../runner/contract/request/reading.ts';
import { longFlag } from './flag-name.ts';
import { shellWord } from './shell-word.ts';

/** Parts of a request with a flag of their own. */
const PARTS: Record<string, string> = {
  structured_output_fields: '--fields',
  output_uri: '--out',
  csv_uri: 'the table',
  accepted_usd: '--accept',
  callback_url: '--callback',
  not_before: '--not-before',
  resend_lost: '--resend-lost',
};

const FLAGS = new Map([
  ...Object.entries({ ...batchOptions.shape, ...readingOptions.shape }).map(
    ([name, schema]) => [name, longFlag(name, schema)] as const,
  ),
  ...Object.entries(PARTS),
]);

/** Names that are no word of English, so that they are recognised wherever they stand. */
const NAMES = [...FLAGS.keys()].filter((name) => name.includes('_'));
const BARE = new RegExp(`(?<![\\w"\`.{-])(${NAMES.join('|')})(?![\\w"\`}-])`, 'g');

/**
 * A message of the runner in the words of the command line: the contract's names become flags. Messages are written once,
 * with these names: `options.allow_empty`, `reading.header`, `input_mapping.city = "Town"`. Names in quotes stay, because
 * they are those of tables and agents.
 */
export function inFlags(message: string): string {
  return message
    .replaceAll(/ \((?:(?:options|reading)\.\w+|output_uri)\)/g, '')
    .replaceAll(
      /\binput_mapping\.("(?:\\.|[^"\\])*"|[\w-]+) = ("(?:\\.|[^"\\])*")/g,
      (_, field: string, column: string) => mapFlag(unquoted(field), unquoted(column)),
    )
    .replaceAll(/\b(?:options|reading)\.(\w+)/g, (whole, name: string) => FLAGS.get(name) ?? whole)
    .replaceAll(/\bmode=(\w+)/g, '--mode $1')
    .replaceAll(BARE, (whole) => FLAGS.get(whole) ?? whole);
}

function mapFlag(field: string, column: string): string {
  return `--map ${shellWord(`${field}=${column.startsWith('{%') ? `column:${column}` : column}`)}`;
}

function unquoted(text: string): string {
  return text.startsWith('"') ? String(JSON.parse(text)) : text;
}
