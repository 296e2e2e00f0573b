import type { Command } from 'commander';
import { AppError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { MEDIA_KINDS, type MediaKind } from '../../protocol/media.ts';
import {
  FIELD_TYPES,
  type InlineAgent,
  type InlineField,
  inlineAgent,
} from '../../runner/contract/request/inline-agent.ts';
import { collect } from './mapping-arguments.ts';

/** The flags of a question, by the names that commander gives them. */
export interface QuestionFlags {
  prompt?: string;
  output?: string[];
  media?: string[];
  model?: string;
  fallbackModel?: string;
}

/** Adds the flags that define an agent in the command itself. */
export function addQuestionFlags(command: Command): void {
  command
    .optionsGroup('Ask without an agent:')
    .option('-p, --prompt <text>', 'a question about each row; {column} is replaced by its cell')
    .option(
      '--output <field:type>',
      'a field of the answer, which becomes a column; repeat for more (see below)',
      collect,
    )
    .option(
      '--media <column:kind>',
      `a column with media that the model sees: ${MEDIA_KINDS.join(', ')}; repeat for more`,
      collect,
    )
    .option('--model <model>', `${inlineAgent.shape.model.unwrap().description}`)
    .option('--fallback-model <model>', `${inlineAgent.shape.fallback.unwrap().description}`);
}

/** How a question is written, for help texts. */
export const QUESTION_HELP = `
How a question is written:
  --prompt 'Topic of {message}'                the cell of the column "message" takes the place of {message}
  --output topic:billing|delivery|other        one of these words
  --output urgent:boolean                      boolean, string, number or integer
  --output tags:string[]                       a list
  --output amount:number?                      may be empty
  --output 'topic:a|b # what a and b mean'     a description for the model
\\{ is a brace that stays text, and so do \${NAME} and JSON.`;

/**
 * The agent that the flags define; undefined when none of them is given.
 * @throws AppError `invalid_arguments`
 */
export function questionOf({ prompt, output, media, ...models }: QuestionFlags): InlineAgent | undefined {
  const { model, fallbackModel: fallback } = models;
  if (prompt === undefined && output === undefined) {
    const stray = media !== undefined ? '--media' : fallback !== undefined ? '--fallback-model' : undefined;
    if (stray === undefined) return undefined;
    throw new AppError('invalid_arguments', `${stray} belongs to a question with --prompt and --output.`);
  }
  const missing = prompt === undefined ? '--prompt' : output === undefined ? '--output' : undefined;
  if (missing !== undefined || prompt === undefined) {
    const example = `--prompt 'Topic of {message}' --output topic:billing|delivery|other`;
    throw new AppError('invalid_arguments', `A question also needs ${missing}: ${example}.`);
  }
  return {
    prompt,
    fields: (output ?? []).map(fieldArgument),
    ...(media === undefined ? {} : { media: mediaArguments(media) }),
    ...(model === undefined ? {} : { model }),
    ...(fallback === undefined ? {} : { fallback }),
  };
}

/** `column:kind`, each column once. */
function mediaArguments(given: readonly string[]): Record<string, MediaKind> {
  const media: Record<string, MediaKind> = {};
  for (const text of given) {
    const at = text.lastIndexOf(':');
    const column = text.slice(0, Math.max(at, 0)).trim();
    const kind = MEDIA_KINDS.find((known) => known === text.slice(at + 1).trim());
    if (column === '' || kind === undefined) {
      const ways = `write column:kind, with one of the kinds ${MEDIA_KINDS.join(', ')}`;
      throw new AppError('invalid_arguments', `--media ${text}: ${ways}.`);
    }
    media[column] = kind;
  }
  return media;
}

/** `name:type`, with `[]` for a list, `?` for a value that may be missing, and ` # ` before a description. */
function fieldArgument(text: string): InlineField {
  const [written = '', ...words] = text.split(/\s#\s/);
  const description = words.join(' # ').trim();
  const at = written.indexOf(':');
  const name = (at === -1 ? written : written.slice(0, at)).trim();
  if (at === -1 && /[./\\]/.test(name)) {
    throw new AppError('invalid_arguments', `--output ${text}: write field:type. The result table is named by --out.`);
  }
  return {
    name,
    ...typeOf(at === -1 ? 'string' : written.slice(at + 1).trim(), text),
    ...(description === '' ? {} : { description }),
  };
}

/**
 * A field as `--output` takes it. Values that this form can not hold (a single one, or one with `|`) are left to the
 * description: the type stands alone.
 */
export function outputArgument({ name, type, values = [], list, nullable, description }: InlineField): string {
  const isWritable = values.length > 1 && values.every((value) => !/\||\s#\s|^\s|\s$/.test(value));
  const words = values.join('|');
  const marks = `${list === true ? '[]' : ''}${nullable === true ? '?' : ''}`;
  const isPlain = marks === '' && /\w$/.test(words);
  const kind = isWritable ? (isPlain ? words : `(${words})`) : type;
  return `${name}:${kind}${marks}${description === undefined ? '' : ` # ${description.replace(/\s+/g, ' ').trim()}`}`;
}

function typeOf(written: string, text: string): Omit<InlineField, 'name'> {
  const [, whole = '', list, nullable] = /^(.*?)(\[\])?(\?)?$/s.exec(written) ?? [];
  const marks = {
    ...(list === undefined ? {} : { list: true }),
    ...(nullable === undefined ? {} : { nullable: true }),
  };
  const [, inner = whole] = /^\((.*)\)$/s.exec(whole) ?? [];
  if (inner.includes('|')) {
    const values = inner.split('|').map((value) => value.trim());
    if (values.includes('')) fail(text, 'one of its words is empty');
    if (new Set(values).size < values.length) fail(text, 'one of its words is there twice');
    return { type: 'string', values, ...marks };
  }
  const type = FIELD_TYPES.find((known) => known === inner);
  if (type !== undefined) return { type, ...marks };
  const near = nearest(inner, FIELD_TYPES) ?? FIELD_TYPES.find((known) => inner !== '' && known.startsWith(inner));
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  const ways = `The types are ${FIELD_TYPES.join(', ')}, or words with | between them such as yes|no|unclear`;
  return fail(text, `there is no type "${inner}". ${ways}.${hint}`);
}

function fail(text: string, why: string): never {
  throw new AppError(
    'invalid_arguments',
    `--output ${text}: ${why}${why.endsWith('.') || why.endsWith('?') ? '' : '.'}`,
  );
}
