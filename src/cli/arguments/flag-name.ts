import type * as z from 'zod';
import { AppError } from '../../base/errors.ts';
import { type OptionFace, optionFaces } from '../../runner/contract/request/option-face.ts';

/** The schema of an option of the contract. */
export type OptionSchema = z.ZodExactOptional<z.ZodType>;

/** The face data of an option of the contract. */
export function faceOf(option: OptionSchema): OptionFace {
  const face = optionFaces.get(option);
  if (face === undefined) throw new AppError('internal', 'An option of the contract has no face.');
  return face;
}

/** Whether the option is on by default, so that its flag turns it off. */
export function isOffSwitch(option: OptionSchema): boolean {
  return faceOf(option).default === true;
}

/** The flags of an option: `-c, --concurrency`. */
export function flagNames(name: string, option: OptionSchema): string {
  return faceOf(option).cli.flag ?? `--${isOffSwitch(option) ? 'no-' : ''}${name.replaceAll('_', '-')}`;
}

/** The long flag of an option: `--concurrency`. */
export function longFlag(name: string, option: OptionSchema): string {
  return flagNames(name, option).replace(/^-\w, /, '');
}
