import { type Command, Option } from 'commander';
import * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { type BatchOptions, batchOptions } from '../../runner/contract/request/options.ts';
import { COLLECTION, type ReadingOptions, readingOptions } from '../../runner/contract/request/reading.ts';
import { faceOf, flagNames, isOffSwitch, type OptionSchema } from './flag-name.ts';
import { inFlags } from './option-words.ts';

/** The values of flags, by the names that commander gives them. */
export type FlagValues = Record<string, unknown>;

type OptionName = keyof BatchOptions;
type Shape = Readonly<Record<string, OptionSchema>>;

/** Adds the flags of all options of a batch to `run`, under their headings. */
export function addOptionFlags(command: Command): void {
  addFlags(command, batchOptions.shape);
}

/** Adds the flags for reading a file with a table. */
export function addFileReadingFlags(command: Command): void {
  const ofFiles = Object.entries(readingOptions.shape).filter(([, schema]) => faceOf(schema).cli.group !== COLLECTION);
  addFlags(command, Object.fromEntries(ofFiles));
}

/** Adds the flags for reading a table, a file or a collection. */
export function addReadingFlags(command: Command): void {
  addFlags(command, readingOptions.shape);
}

/** The flag of one option of a batch. @param text replaces the option's own text */
export function optionFlag(name: OptionName, text?: string): Option {
  return flagOf(name, batchOptions.shape[name], text);
}

/** The options of a batch that flags set. */
export function optionsOf(given: FlagValues): BatchOptions {
  return valuesOf(given, batchOptions.shape);
}

/** The options for reading a table that flags set. */
export function readingFlagsOf(given: FlagValues): ReadingOptions {
  return valuesOf(given, readingOptions.shape);
}

/** Options for reading a table as they are typed. */
export function readingArguments(reading: ReadingOptions): string[] {
  return Object.entries(readingOptions.shape).flatMap(([name, schema]) => {
    const value = reading[name as keyof ReadingOptions];
    const flag = `${flagOf(name, schema).long}`;
    if (value === undefined || (typeof value === 'boolean' && value !== !isOffSwitch(schema))) return [];
    return typeof value === 'boolean' ? [flag] : [flag, value === '\t' ? 'tab' : `${value === '' ? 'none' : value}`];
  });
}

function addFlags(command: Command, shape: Shape): void {
  const entries = Object.entries(shape);
  for (const [group, ones] of Map.groupBy(entries, ([, schema]) => faceOf(schema).cli.group)) {
    command.optionsGroup(group);
    for (const [name, schema] of ones) command.addOption(flagOf(name, schema));
  }
}

function flagOf(name: string, option: OptionSchema, text?: string): Option {
  const schema = option.unwrap();
  const face = faceOf(option);
  const { value, off } = face.cli;
  const flag = flagNames(name, option);
  const words = text ?? inFlags(value === undefined ? (off ?? face.text) : `${schema.description}`);
  const made = new Option(value === undefined ? flag : `${flag} <${value}>`, words);
  if (schema instanceof z.ZodEnum) return made.choices(schema.options.map(String));
  if (value === undefined) return made;
  return made.argParser((given: string) => parse(schema, `${made.long}`, given));
}

function valuesOf(given: FlagValues, shape: Shape): Record<string, never> {
  const set = Object.entries(shape).flatMap(([name, schema]) => {
    const value = given[flagOf(name, schema).attributeName()];
    // A switch that turns an option off is true when the flag is not given.
    return value === undefined || (isOffSwitch(schema) && value === true) ? [] : [[name, value]];
  });
  return Object.fromEntries(set) as Record<string, never>;
}

function parse(schema: z.ZodType, flag: string, given: string): unknown {
  const number = given.trim() === '' ? Number.NaN : Number(given);
  const { data, error } = schema.safeParse(schema instanceof z.ZodNumber && Number.isFinite(number) ? number : given);
  if (error === undefined) return data;
  throw new AppError('invalid_arguments', `${flag} ${error.issues.map(({ message }) => message).join('; ')}.`);
}
