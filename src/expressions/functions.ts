import type Jsonata from 'jsonata';
import { loadLater } from '../base/process/load-later.ts';
import { distinct, sort, spread } from './bounded-functions.ts';
import { type Budget, MAX_VALUE_SIZE } from './budget.ts';

const jsonata = loadLater<typeof Jsonata>('jsonata');

/** What JSONata hands to a built-in function as `this`. */
export interface Focus {
  environment: { base: { timestamp: Date } };
}
type Native = (this: Focus, ...args: unknown[]) => unknown;
interface FunctionValue {
  _jsonata_function: true;
  implementation: Native;
  signature?: unknown;
}

/** JSONata's own functions; they are the same for every expression. */
let builtIns: Promise<[string, FunctionValue][]> | undefined;

/** Every built-in function. A loop over data calls functions without a node of the expression in between. */
const GUARDED = [
  ...['sum', 'count', 'max', 'min', 'average', 'string', 'substring', 'substringBefore', 'substringAfter', 'lowercase'],
  ...['uppercase', 'length', 'trim', 'pad', 'match', 'contains', 'replace', 'split', 'join', 'formatNumber'],
  ...['formatBase', 'formatInteger', 'parseInteger', 'number', 'floor', 'ceil', 'round', 'abs', 'sqrt', 'power'],
  ...['random', 'boolean', 'not', 'map', 'zip', 'filter', 'single', 'reduce', 'sift', 'keys', 'lookup', 'append'],
  ...['exists', 'spread', 'merge', 'reverse', 'each', 'error', 'assert', 'type', 'sort', 'shuffle', 'distinct'],
  ...['base64encode', 'base64decode', 'encodeUrlComponent', 'encodeUrl', 'decodeUrlComponent', 'decodeUrl'],
  ...['toMillis', 'fromMillis', 'clone'],
];

const MAX_PICTURE_LENGTH = 120;
const MAX_PARSED_LENGTH = 64;
const MAX_SYMBOL_LENGTH = 16;
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
      async (name): Promise<[string, FunctionValue]> => [name, await jsonata()(`$${name}`).evaluate(undefined)],
    ),
  );
  const guarded = new Map<string, FunctionValue>();
  for (const [name, builtIn] of await builtIns) {
    const native = OWN[name] ?? ((focus, args) => builtIn.implementation.apply(focus, args));
    const implementation: Native = function (...args) {
      const budget = budgetOf(this);
      budget?.tick();
      refuseCostly(name, args, budget);
      const result = native(this, args, budget);
      if (!(result instanceof Promise)) return charged(result, budget);
      return result.then((value) => charged(value, budget));
    };
    // JSONata reads a function's parameters from its source text when it is partially applied or passed on.
    implementation.toString = () => String(builtIn.implementation);
    Object.defineProperty(implementation, 'length', { value: builtIn.implementation.length });
    guarded.set(name, { ...builtIn, implementation });
  }
  const fromMillis = guarded.get('fromMillis');
  if (fromMillis !== undefined) guarded.set('now', nowBy(fromMillis));
  guarded.set('eval', {
    _jsonata_function: true,
    implementation: () => {
      throw new Error('$eval is not available');
    },
  });
  return guarded;
}

/** Functions that are bounded here, because the built-in ones are not. */
const OWN: { [name: string]: (focus: Focus, args: unknown[], budget: Budget | undefined) => unknown } = {
  distinct: (_focus, [values]) => distinct(values),
  spread: (_focus, [value]) => spread(value),
  sort: (_focus, [values, compare], budget) => sort(values, compare, budget),
};

/** `$now`: JSONata binds its own one for each expression, without the guards of `$fromMillis`. */
function nowBy(fromMillis: FunctionValue): FunctionValue {
  return {
    _jsonata_function: true,
    implementation(picture, timezone) {
      const at = this.environment.base.timestamp.getTime();
      return fromMillis.implementation.call(this, at, picture, timezone);
    },
  };
}

function charged(value: unknown, budget: Budget | undefined): unknown {
  budget?.charge(value);
  return value;
}

/** Refuses calls that would exhaust memory or time inside the built-in function, where JSONata's own guards do not apply. */
function refuseCostly(name: string, args: unknown[], budget: Budget | undefined): void {
  const [first, second, third] = args;
  // Files and services can hold 1e999, which loops of the built-in functions never bring below a limit.
  if (args.some((arg) => typeof arg === 'number' && !Number.isFinite(arg))) {
    throw new Error(`$${name} takes no infinite number`);
  }
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
      refuseLong(name, 'picture', second, MAX_PICTURE_LENGTH);
      refuseSymbols(third);
      return;
    case 'formatInteger':
    case 'fromMillis':
      refuseLong(name, 'picture', second, MAX_PICTURE_LENGTH);
      refuseLong(name, 'time zone', third, MAX_PICTURE_LENGTH);
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

/** The symbols of `$formatNumber`: an empty separator would be found again at every place, without an end. */
function refuseSymbols(options: unknown): void {
  if (typeof options !== 'object' || options === null) return;
  for (const [key, symbol] of Object.entries(options)) {
    if (typeof symbol !== 'string' || symbol === '' || symbol.length > MAX_SYMBOL_LENGTH) {
      throw new Error(`$formatNumber takes a "${key}" of 1 to ${MAX_SYMBOL_LENGTH} characters`);
    }
  }
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
