import { resolve } from 'node:path';
import { AppError } from '../../base/errors.ts';
import { parseJson } from '../../base/json/exact-number.ts';
import type { Json } from '../../protocol/messages.ts';
import type { InputMapping } from '../../runner/contract/request/mapping.ts';

/** A path of the command line made absolute; URIs stay as they are, and so does a slash at the end, which means a folder. */
export function locationArgument(location: string, cwd: string): string {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(location)) return location;
  const path = resolve(cwd, location);
  return location.endsWith('/') && !path.endsWith('/') ? `${path}/` : path;
}

/**
 * `--map field=how`, repeated: `how` is a column's name, `{% … %}`, `column:any name`, or `value:JSON`.
 * @throws AppError `invalid_arguments`
 */
export function mappingArgument(pairs: string[]): InputMapping {
  const mapping: InputMapping = {};
  for (const pair of pairs) {
    const [name, how] = splitPair(pair, '--map', "address='Street address'");
    if (name in mapping) throw new AppError('invalid_arguments', `--map fills "${name}" twice; name each field once.`);
    mapping[name] = howOf(how, pair);
  }
  return mapping;
}

function howOf(how: string, pair: string): InputMapping[string] {
  if (how.startsWith('column:')) return { column: how.slice('column:'.length) };
  if (!how.startsWith('value:')) return how;
  try {
    return { value: parseJson(how.slice('value:'.length)) as Json };
  } catch (cause) {
    throw new AppError(
      'invalid_arguments',
      `--map ${pair}: what follows "value:" must be JSON; a text needs quotes: value:'"text"'.`,
      { cause },
    );
  }
}

/**
 * `--column name='{% … %}'`, repeated.
 * @throws AppError `invalid_arguments`
 */
export function columnArguments(pairs: string[]): Record<string, string> {
  const columns: Record<string, string> = {};
  for (const pair of pairs) {
    const [name, expression] = splitPair(pair, '--column', "total='{% output.price * row.quantity %}'");
    if (name in columns) throw new AppError('invalid_arguments', `--column names "${name}" twice.`);
    columns[name] = expression;
  }
  return columns;
}

function splitPair(pair: string, option: string, example: string): [string, string] {
  const at = pair.indexOf('=');
  if (at < 1 || at === pair.length - 1) {
    throw new AppError('invalid_arguments', `${option} ${pair}: write name=how, as in ${option} ${example}.`);
  }
  return [pair.slice(0, at), pair.slice(at + 1)];
}

/** `NAME` or `NAME@VERSION`. */
export function agentArgument(label: string): { name: string; version?: string } {
  const at = label.lastIndexOf('@');
  if (at === 0 || at === label.length - 1) {
    throw new AppError('invalid_arguments', `--agent ${label}: write NAME or NAME@VERSION.`);
  }
  return at < 0 ? { name: label } : { name: label.slice(0, at), version: label.slice(at + 1) };
}

/** Limits of a number argument; both ends are allowed. */
export interface NumberLimits {
  integer?: boolean;
  min?: number;
  max?: number;
}

/** A parser of a number option, for commander. */
export function numberArgument(option: string, limits: NumberLimits): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? Number.NaN : Number(text);
    const fits =
      Number.isFinite(value) &&
      (limits.integer !== true || Number.isInteger(value)) &&
      (limits.min === undefined || value >= limits.min) &&
      (limits.max === undefined || value <= limits.max);
    if (!fits) throw new AppError('invalid_arguments', `${option} must be ${describe(limits)}, not "${text}".`);
    return value;
  };
}

function describe(limits: NumberLimits): string {
  const ends = [
    limits.min === undefined ? '' : `at least ${limits.min}`,
    limits.max === undefined ? '' : `at most ${limits.max}`,
  ].filter((end) => end !== '');
  return `${limits.integer === true ? 'a whole number' : 'a number'} ${ends.join(' and ')}`.trim();
}

/** Collects a repeatable option, for commander. */
export function collect(value: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), value];
}

/** The parts of an argument such as `a,b`, without the empty ones. */
export function commaSeparated(text: string): string[] {
  return text.split(',').flatMap((name) => (name.trim() === '' ? [] : [name.trim()]));
}
