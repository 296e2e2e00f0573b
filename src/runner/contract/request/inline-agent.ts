import * as z from 'zod';
import { strict } from '../../../base/schema/strict-object.ts';
import { MEDIA_KINDS } from '../../../protocol/media.ts';
import { oneOf } from './option-face.ts';

const MOST_PROMPT_CHARACTERS = 50_000;
const MOST_FIELDS = 50;
const MOST_VALUES = 200;

/** The types that a value can have. */
export const FIELD_TYPES = ['string', 'number', 'integer', 'boolean'] as const;

const named = {
  name: z
    .string()
    .regex(
      /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
      'must be a name of 1 to 64 letters (a to z), digits, _ or -, and start with a letter',
    )
    .describe('The name of the field and of its column.'),
  values: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(MOST_VALUES)
    .describe('The only allowed values of a field of type string.')
    .exactOptional(),
  list: z.boolean().describe('Whether its value is a list of such values. Default: false.').exactOptional(),
  nullable: z.boolean().describe('Whether null is allowed, for rows without a value. Default: false.').exactOptional(),
  description: z.string().min(1).max(1000).describe('What the model should put there.').exactOptional(),
};

const valuesOfTexts = {
  path: ['values'],
  message: 'belong to a field of type string; leave out values or type',
};
const takesValues = ({ type, values }: { type: string; values?: string[] }) =>
  values === undefined || type === 'string';
const haveNamesOfTheirOwn = (fields: { name: string }[]) =>
  new Set(fields.map(({ name }) => name)).size === fields.length;

/** A field of a field of type object. */
const innerField = strict({
  ...named,
  type: oneOf(FIELD_TYPES).default('string').describe('The type of its value. Default: string.'),
}).refine(takesValues, valuesOfTexts);

/** One field of the answer, which becomes a column. */
export const inlineField = strict({
  ...named,
  type: oneOf([...FIELD_TYPES, 'object'])
    .default('string')
    .describe('The type of its value; object: an object of the fields in fields. Default: string.'),
  fields: z
    .array(innerField)
    .min(1)
    .max(MOST_FIELDS)
    .refine(haveNamesOfTheirOwn, 'must have different names')
    .describe('The fields of a field of type object. Its column has the object as JSON.')
    .exactOptional(),
})
  .refine(takesValues, valuesOfTexts)
  .refine(({ type, fields }) => (type === 'object') === (fields !== undefined), {
    path: ['fields'],
    message: 'belong to a field of type object, which needs them',
  });

export type InlineField = z.output<typeof inlineField>;

/** The fields of an answer. */
export const answerFields = z
  .array(inlineField)
  .min(1, 'must name at least one field of the answer')
  .max(MOST_FIELDS)
  .refine(haveNamesOfTheirOwn, 'must have different names');

/** The parts of an agent that a request itself defines. It has no tools, addresses, commands or environment. */
export const inlineAgent = strict({
  prompt: z
    .string()
    .max(MOST_PROMPT_CHARACTERS)
    .refine((text) => text.trim() !== '', 'must not be empty')
    .describe(
      'The question about one row. {column} is replaced by the cell of that column; \\{ is a brace that stays text.',
    ),
  fields: answerFields.describe('The fields of the answer; each becomes a column.'),
  media: z
    .record(z.string().min(1), oneOf(MEDIA_KINDS))
    .refine((media) => Object.keys(media).length > 0, 'must name at least one column')
    .describe(
      'Columns whose cells hold a medium (image, pdf, audio or video) that the model sees: a data URI, or a file in the folder of the table.',
    )
    .exactOptional(),
  model: z
    .string()
    .min(1)
    .describe(
      'The model: provider/model, or a model name that identifies its provider. Default: a model of a provider whose key is set.',
    )
    .exactOptional(),
  fallback: z
    .string()
    .min(1)
    .describe(
      'The model that answers where the first one is not served, of the same or another provider: written as model. Default: none.',
    )
    .exactOptional(),
});

export type InlineAgent = z.output<typeof inlineAgent>;
