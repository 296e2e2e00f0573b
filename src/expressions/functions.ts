import jsonata from 'jsonata';
import { type Budget, MAX_VALUE_SIZE } from './budget.ts';

/** What JSONata hands to a built-in function as `this`. */
export interface Focus {
  environment: { base: object };
}
type Native = (this: Focus, ...args: unknown[]) => unknown;
interface FunctionValue {
  _jsonata_function: true;
  implementation: Native;
  signature?: unknown;
}

/** JSONata's own functions; they are the same for every expression. */
let builtIns: Promise<[string, FunctionValue][]> | undefined;

/** Built-in functions whose results can be larger than their arguments, or slow. */
const GUARDED = [
  ...['string', 'join', 'replace', 'split', 'pad', 'append', 'base64encode', 'base64decode', 'uppercase', 'lowercase'],
  ...['encodeUrlComponent', 'encodeUrl', 'decodeUrlComponent', 'decodeUrl', 'distinct', 'zip', 'spread', 'merge'],
  ...['match', 'formatNumber', 'formatInteger', 'parseInteger', 'toMillis', 'fromMillis', 'reverse', 'sort', 'shuffle'],
  ...['map', 'filter', 'each', 'reduce', 'sift', 'clone', 'trim', 'substring', 'substringBefore', 'substringAfter'],
];

const MAX_PICTURE_LENGTH = 120;
const MAX_PARSED_LENGTH = 64;
/** Indentation grows with depth, so only small values are indented. */
const MAX_INDENTED_SIZE = 10_000;

/**
 * JSONata's built-in functions with guards: arguments are checked before the call, results are measured after it, `$eval`
 * is refused. Assign them over the built-in functions of an expression.
 * @param budgetOf the budget of the evaluation that calls
 */
export async function guardedFunctions(
  budgetOf: (focus: Focus) => Budget | undefined,
): Promise<Map<string, FunctionValue>> {
  builtIns ??= Promise.all(
    GUARDED.map(
      async (name): Promise<[string, FunctionValue]> => [name, await jsonata(`$${name}`).evaluate(undefined)],
    ),
  );
  const guarded = new Map<string, FunctionValue>();
  for (const [name, builtIn] of await builtIns) {
    const native = name === 'distinct' ? distinct : builtIn.implementation;
    const implementation: Native = function (...args) {
      const budget = budgetOf(this);
      refuseCostly(name, args, budget);
      const result = native.apply(this, args);
      if (!(result instanceof Promise)) return charged(result, budget);
      return result.then((value) => charged(value, budget));
    };
    // JSONata reads a function's parameters from its source text when it is partially applied or passed on.
    implementation.toString = () => String(builtIn.implementation);
    Object.defineProperty(implementation, 'length', { value: builtIn.implementation.length });
    guarded.set(name, { ...builtIn, implementation });
  }
  guarded.set('eval', {
    _jsonata_function: true,
    implementation: () => {
      throw new Error('$eval is not available');
    },
  });
  return guarded;
}

function charged(value: unknown, budget: Budget | undefined): unknown {
  budget?.charge(value);
  return value;
}

/** Refuses calls that would exhaust memory or time inside the built-in function, where JSONata's own guards do not apply. */
function refuseCostly(name: string, args: unknown[], budget: Budget | undefined): void {
  const [first, second, third] = args;
  switch (name) {
    case 'pad':
      if (Math.abs(Number(second)) > MAX_VALUE_SIZE) throw new Error(`$pad makes at most ${MAX_VALUE_SIZE} characters`);
      if (Math.abs(Number(second)) * Math.max(1, lengthOf(third)) > MAX_VALUE_SIZE) {
        throw new Error('$pad has a width times padding that is too large');
      }
      return;
    case 'join':
      if (Array.isArray(first) && first.length * lengthOf(second) > MAX_VALUE_SIZE) {
        throw new Error('$join has a separator that is too long for this number of strings');
      }
      return;
    case 'string':
      if (second === true) budget?.check([first]);
      if (second === true && (JSON.stringify(first)?.length ?? 0) > MAX_INDENTED_SIZE) {
        throw new Error(`$string indents values of at most ${MAX_INDENTED_SIZE} characters`);
      }
      return;
    case 'formatNumber':
    case 'formatInteger':
    case 'fromMillis':
      refuseLong(name, 'picture', second, MAX_PICTURE_LENGTH);
      return;
    case 'toMillis':
    case 'parseInteger':
      refuseLong(name, 'text', first, MAX_PARSED_LENGTH);
      refuseLong(name, 'picture', second, MAX_PICTURE_LENGTH);
      if (typeof second === 'string') refuseAmbiguous(second);
  }
}

function refuseLong(name: string, what: string, value: unknown, most: number): void {
  if (lengthOf(value) > most) throw new Error(`$${name} takes a ${what} of at most ${most} characters`);
}

/** JSONata turns a picture into a regular expression; adjacent parts make it try every split. */
function refuseAmbiguous(picture: string): void {
  const words = /\[[^\]]*[wW]/.test(picture);
  const separator = words ? /^[A-Za-z0-9,\- ]*$/ : /^[A-Za-z0-9]*$/;
  const between = picture.split(/\[[^\]]*\]/).slice(1, -1);
  if (between.filter((literal) => separator.test(literal)).length > 5) {
    throw new Error('$toMillis takes a picture in which at most 6 parts follow each other without a separator');
  }
}

function lengthOf(value: unknown): number {
  return typeof value === 'string' ? value.length : 0;
}

/** `$distinct` in linear time: the built-in one compares each value with each. */
function distinct(values: unknown): unknown {
  if (!Array.isArray(values) || values.length <= 1) return values;
  const kept = new Map<string, unknown>();
  for (const value of values) {
    const key = JSON.stringify(value, sortKeys) ?? 'undefined';
    if (!kept.has(key)) kept.set(key, value);
  }
  return Object.assign([...kept.values()], 'sequence' in values ? { sequence: true } : {});
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
