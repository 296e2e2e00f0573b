import { type Command, Option } from 'commander';
import * as z from 'zod';
import { AppError } from '../base/errors.ts';
import { optionFaces } from '../runner/contract/option-face.ts';
import { type BatchOptions, batchOptions } from '../runner/contract/options.ts';

type OptionName = keyof BatchOptions;

/** The values of flags, by the names that commander gives them. */
export type FlagValues = Record<string, unknown>;

/** Adds the flags of all options to `run`, under their headings. */
export function addOptionFlags(command: Command): void {
  const names = Object.keys(batchOptions.shape) as OptionName[];
  for (const [group, ones] of Map.groupBy(names, (name) => faceOf(name).cli.group)) {
    command.optionsGroup(group);
    for (const name of ones) command.addOption(optionFlag(name));
  }
}

/** The flag of one option of the contract. @param text replaces the option's own text */
export function optionFlag(name: OptionName, text?: string): Option {
  const schema = schemaOf(name);
  const face = faceOf(name);
  const { flag: written, value, off } = face.cli;
  const flag = written ?? `--${isOffSwitch(name) ? 'no-' : ''}${name.replaceAll('_', '-')}`;
  const words = text ?? (value === undefined ? (off ?? face.text) : schema.description);
  const option = new Option(value === undefined ? flag : `${flag} <${value}>`, words);
  if (schema instanceof z.ZodEnum) return option.choices(schema.options.map(String));
  if (value === undefined) return option;
  return option.argParser((given: string) => parse(schema, `${option.long}`, given));
}

/** The options that flags set. */
export function optionsOf(given: FlagValues): BatchOptions {
  const set = (Object.keys(batchOptions.shape) as OptionName[]).flatMap((name) => {
    const value = given[optionFlag(name).attributeName()];
    // A switch that turns an option off is true when the flag is not given.
    return value === undefined || (isOffSwitch(name) && value === true) ? [] : [[name, value]];
  });
  return Object.fromEntries(set) as BatchOptions;
}

function parse(schema: z.ZodType, flag: string, given: string): unknown {
  const number = given.trim() === '' ? Number.NaN : Number(given);
  const { data, error } = schema.safeParse(schema instanceof z.ZodNumber && Number.isFinite(number) ? number : given);
  if (error === undefined) return data;
  throw new AppError('invalid_arguments', `${flag} ${error.issues.map(({ message }) => message).join('; ')}.`);
}

/** Whether the option is on by default, so that its flag turns it off. */
function isOffSwitch(name: OptionName): boolean {
  return faceOf(name).default === true;
}

function schemaOf(name: OptionName): z.ZodType {
  return batchOptions.shape[name].unwrap();
}

function faceOf(name: OptionName) {
  const face = optionFaces.get(batchOptions.shape[name]);
  if (face === undefined) throw new AppError('internal', `The option ${name} has no face.`);
  return face;
}
