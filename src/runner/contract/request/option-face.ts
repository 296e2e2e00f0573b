import * as z from 'zod';

/** The data of an option that a face needs besides its schema. */
export interface OptionFace {
  /** What the option does. The default is appended to this text. */
  text: string;
  /** The default value. */
  default?: string | number | boolean;
  /** The default in words, where it is not a single value. */
  without?: string;
  cli: {
    /** The heading in the help of `run`. */
    group: string;
    /** The flag, where it is not the option's name with dashes. A short flag may come before it. */
    flag?: string;
    /** The placeholder of its value between < and >; a switch has none. */
    value?: string;
    /** What the flag does, where it turns off an option that is on by default. */
    off?: string;
  };
}

/** The face data of each option of the contract, by its schema. */
export const optionFaces = z.registry<OptionFace>();

/** Makes an option of the contract: its schema, described, optional and registered for every face. */
export function option<Schema extends z.ZodType>(schema: Schema, face: OptionFace): z.ZodExactOptional<Schema> {
  const usual = face.without ?? (face.default === undefined ? undefined : `${face.default}`);
  const description = usual === undefined ? face.text : `${face.text} Default: ${usual}.`;
  const optional = schema.describe(description).exactOptional();
  optionFaces.add(optional, face);
  return optional;
}

/** Limits of a number; both ends are allowed unless `above` is given. */
interface NumberLimits {
  min?: number;
  above?: number;
  max?: number;
}

/** A whole number; its error names the limits. */
export function wholeNumber(limits: NumberLimits, unit = 'a whole number'): z.ZodInt {
  return z.int(limitError(unit, limits)).check(...checksOf(unit, limits));
}

/** A number; its error names the limits. */
export function number(limits: NumberLimits, unit = 'a number'): z.ZodNumber {
  return z.number(limitError(unit, limits)).check(...checksOf(unit, limits));
}

/** One of several words; its error names them. */
export function oneOf<const Names extends readonly [string, ...string[]]>(
  names: Names,
): z.ZodEnum<{ [name in Names[number]]: name }> {
  const [last] = names.slice(-1);
  const words = `${names.slice(0, -1).join(', ')} or ${last}`;
  return z.enum(names, { error: ({ input }) => `must be ${words}, not ${shown(input)}` });
}

function checksOf(unit: string, limits: NumberLimits): z.core.$ZodCheck<number>[] {
  return [
    ...(limits.min === undefined ? [] : [z.gte(limits.min, limitError(unit, limits))]),
    ...(limits.above === undefined ? [] : [z.gt(limits.above, limitError(unit, limits))]),
    ...(limits.max === undefined ? [] : [z.lte(limits.max, limitError(unit, limits))]),
  ];
}

function limitError(unit: string, { min, above, max }: NumberLimits) {
  const ends =
    min !== undefined && max !== undefined
      ? ` from ${min} to ${max}`
      : min !== undefined
        ? ` from ${min} on`
        : above !== undefined
          ? ` above ${above}`
          : '';
  return { abort: true, error: ({ input }: { input?: unknown }) => `must be ${unit}${ends}, not ${shown(input)}` };
}

function shown(input: unknown): string {
  return typeof input === 'number' ? String(input) : (JSON.stringify(input) ?? 'nothing');
}
