import { setImmediate as nextTurn } from 'node:timers/promises';
import type Jsonata from 'jsonata';
import { AppError } from '../base/errors.ts';
import { withDigitsAsText } from '../base/json/exact-number.ts';
import { announceActivity } from '../base/process/activity.ts';
import { loadLater } from '../base/process/load-later.ts';
import { toLinearPattern } from '../base/schema/linear-pattern.ts';
import { type Budget, createBudget, isFunctionValue } from './budget.ts';
import { type Focus, guardedFunctions } from './functions.ts';
import { LinearRegExp } from './linear-regex.ts';

const jsonata = loadLater<typeof Jsonata>('jsonata');

/** Longest source of an expression, in characters. */
const MAX_SOURCE_LENGTH = 20_000;
const MAX_DEPTH = 500;
/** Longest sequence that an expression makes. */
const MAX_SEQUENCE = 50_000;
/**
 * The same where JSONata copies the whole sequence for each item, with no node and no function in between: wildcards over
 * lists, groups of bound variables. Measured: 50,000 items block the process for 21 s, 10,000 for 0.9 s.
 */
const MAX_COPIED_SEQUENCE = 10_000;
/** After an evaluation of this length, timers and connections get a turn. */
const LONG_TURN_MS = 50;
const MAX_REASON_LENGTH = 300;

const DELIMITED = /^\s*\{%([\s\S]*)%\}\s*$/;
/** JSONata calls the function that is bound to this name after each node of the expression. */
const AFTER_NODE = Symbol.for('jsonata.__evaluate_exit');

/** A compiled JSONata expression, for any number of evaluations, also at the same time. */
export interface Expression {
  /** Without delimiters. */
  readonly source: string;
  /**
   * Evaluates over `input`, with `bindings` as variables (`{row}` is `$row`). JSONata knows no exact numbers: it sees
   * their digits as text, so that it can join and compare them but not calculate with them.
   * @returns plain JSON, or undefined where the expression selects nothing
   * @throws AppError `expression_failed`, also when the evaluation takes too long or its values grow too large
   */
  evaluate(input: unknown, bindings?: Record<string, unknown>): Promise<unknown>;
}

/** Whether the text is an expression, `{% … %}`, and not a plain value. */
export function isExpression(text: string): boolean {
  return DELIMITED.test(text);
}

/**
 * Compiles JSONata, with or without its `{% … %}`. Expressions come from people and from models, so they are guarded:
 * no access to anything but their input, bounded time, depth, sequences and sizes, linear-time regular expressions.
 * @param place its place, for messages: `input_mapping.address`
 * @throws AppError `expression_invalid` with place, position and reason; `limit_exceeded`
 */
export function compileExpression(source: string, place: string): Expression {
  const text = (DELIMITED.exec(source)?.[1] ?? source).trim();
  if (text === '') throw new AppError('expression_invalid', `${place} is an empty expression; write JSONata in it.`);
  if (text.length > MAX_SOURCE_LENGTH) {
    const lengths = `${text.length} characters, at most ${MAX_SOURCE_LENGTH} are allowed`;
    throw new AppError('limit_exceeded', `${place} is too long an expression: ${lengths}.`);
  }
  const { compiled, changesValues } = parse(text, place);
  const budgets = new WeakMap<object, Budget>();
  const afterNode = (node: { type: string; value?: unknown }, _input: unknown, frame: Frame, value: unknown) => {
    let budget = budgets.get(frame.base);
    if (budget === undefined) {
      budget = createBudget(!changesValues);
      budgets.set(frame.base, budget);
    }
    budget.tick();
    if (node.type === 'binary' && node.value === '&') budget.charge(value);
    else budget.check(value);
  };
  let prepared: Promise<void> | undefined;
  const prepare = async () => {
    const functions = await guardedFunctions((focus: Focus) => budgets.get(focus.environment.base));
    for (const [name, value] of functions) compiled.assign(name, value);
    compiled.assign(AFTER_NODE as unknown as string, afterNode);
  };
  return {
    source: text,
    async evaluate(input, bindings) {
      prepared ??= prepare();
      await prepared;
      const startedAt = performance.now();
      announceActivity(() => `the expression ${place}`);
      try {
        return toPlain(await compiled.evaluate(withDigitsAsText(input), withDigitsAsText(bindings) as typeof bindings));
      } catch (thrown) {
        const { reason, position } = explain(thrown);
        throw new AppError('expression_failed', `${place} failed${position}: ${reason}.`, { cause: thrown });
      } finally {
        // Rows that are slow one after the other leave the process no turn for anything else.
        if (performance.now() - startedAt > LONG_TURN_MS) await nextTurn();
      }
    },
  };
}

interface Frame {
  base: Focus['environment']['base'];
}

function parse(text: string, place: string): { compiled: Jsonata.Expression; changesValues: boolean } {
  try {
    const options = {
      stack: MAX_DEPTH,
      sequence: MAX_SEQUENCE,
      RegexEngine: LinearRegExp as unknown as RegExpConstructor,
    };
    const compiled = jsonata()(text, options);
    const { changesValues, copiesSequences } = inspect(compiled.ast());
    // JSONata reads its options when it evaluates.
    if (copiesSequences) options.sequence = MAX_COPIED_SEQUENCE;
    return { compiled, changesValues };
  } catch (thrown) {
    const { reason, position } = explain(thrown);
    throw new AppError('expression_invalid', `${place} is not valid JSONata${position}: ${reason}.`, { cause: thrown });
  }
}

/** Checks every regular expression of the tree, and finds the operators that need other limits. */
function inspect(ast: unknown): { changesValues: boolean; copiesSequences: boolean } {
  const seen = new Set<object>();
  const waiting: unknown[] = [ast];
  const kinds = new Set<unknown>();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== 'object' || node === null || seen.has(node)) continue;
    seen.add(node);
    if (node instanceof RegExp) toLinearPattern(node);
    if ('type' in node) kinds.add(node.type);
    if ('tuple' in node && node.tuple === true) kinds.add('tuple');
    waiting.push(...Object.values(node).filter((value) => value !== undefined));
  }
  return { changesValues: kinds.has('transform'), copiesSequences: kinds.has('wildcard') || kinds.has('tuple') };
}

/** JSONata throws plain objects with a message and a position (an offset); our guards and Node throw errors. */
function explain(thrown: unknown): { reason: string; position: string } {
  const fault = typeof thrown === 'object' && thrown !== null ? (thrown as Record<string, unknown>) : {};
  const message = typeof fault['message'] === 'string' ? fault['message'] : String(thrown);
  const trimmed = (message.split('\n')[0] ?? '').replace(/\.$/, '');
  const reason = trimmed.length > MAX_REASON_LENGTH ? `${trimmed.slice(0, MAX_REASON_LENGTH)}…` : trimmed;
  return { reason, position: typeof fault['position'] === 'number' ? ` at character ${fault['position']}` : '' };
}

/** A copy without JSONata's flags on arrays; nothing in it is shared with the input. */
function toPlain(value: unknown): unknown {
  if (isFunctionValue(value)) throw new Error('its value is a function; call it, as in $now()');
  if (Array.isArray(value)) return value.map((item) => toPlain(item) ?? null);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, child]) => {
      const plain = toPlain(child);
      return plain === undefined ? [] : [[key, plain]];
    }),
  );
}
