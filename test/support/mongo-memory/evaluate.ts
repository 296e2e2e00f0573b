import type { Document } from 'mongodb';
import { CommandFault } from './fault.ts';
import { compare, isPlain, valueAt, withValue } from './values.ts';

/** The value of an aggregation expression over a document: those that the claims of a batch use. */
export function evaluate(expression: unknown, document: Document, now: Date): unknown {
  const of = (one: unknown) => evaluate(one, document, now);
  if (expression === '$$NOW') return now;
  if (typeof expression === 'string' && expression.startsWith('$')) return valueAt(document, expression.slice(1));
  if (!isPlain(expression)) return expression;
  const [name = '', operand] = Object.entries(expression)[0] ?? [];
  if (!name.startsWith('$')) {
    return Object.fromEntries(Object.entries(expression).map(([key, one]) => [key, of(one)]));
  }
  const list = () => (operand as unknown[]).map(of);
  const numbers = () => list().map((value) => Number(value));
  switch (name) {
    case '$add': {
      const sum = numbers().reduce((total, one) => total + one, 0);
      return list().some((value) => value instanceof Date) ? new Date(sum) : sum;
    }
    case '$subtract':
      return numbers().reduce((left, right) => left - right);
    case '$max':
      return Math.max(...numbers().filter((one) => !Number.isNaN(one)));
    case '$cond': {
      const [test, yes, no] = operand as unknown[];
      return of(test) === true ? of(yes) : of(no);
    }
    case '$isNumber':
      return typeof of(operand) === 'number';
    case '$toLong':
      return Number(of(operand));
    case '$convert': {
      const { input, onNull } = operand as { input: unknown; onNull: unknown };
      const value = of(input);
      return value === undefined || value === null ? of(onNull) : Number(value);
    }
    case '$lte': {
      const [left, right] = list();
      return (compare(left, right) ?? 1) <= 0;
    }
    default:
      throw new CommandFault(168, 'InvalidPipelineOperator', `Unrecognized expression '${name}'`);
  }
}

/** A document after an update: operators, a pipeline of `$set`, or a replacement. */
export function updated(document: Document, update: Document | Document[], now: Date): Document {
  if (Array.isArray(update)) {
    return update.reduce(
      (before: Document, { $set }) => setAll(before, $set as Document, { of: before, now }),
      document,
    );
  }
  if (!Object.keys(update)[0]?.startsWith('$')) return { _id: document['_id'], ...update };
  let after = document;
  for (const [operator, fields] of Object.entries(update)) {
    for (const [path, value] of Object.entries(fields as Document)) {
      if (operator === '$set') after = withValue(after, path, value);
      else if (operator === '$inc') after = withValue(after, path, Number(valueAt(after, path) ?? 0) + Number(value));
      else throw new CommandFault(9, 'FailedToParse', `Unknown modifier: ${operator}`);
    }
  }
  return after;
}

/** Sets expressions. A subdocument of them is merged into that of the document. */
function setAll(document: Document, fields: Document, { of, now }: { of: Document; now: Date }): Document {
  let after = document;
  for (const [path, expression] of Object.entries(fields)) {
    const isGroup = isPlain(expression) && !Object.keys(expression)[0]?.startsWith('$');
    const child = valueAt(after, path);
    const value = isGroup
      ? setAll(isPlain(child) ? child : {}, expression, { of, now })
      : evaluate(expression, of, now);
    after = withValue(after, path, value);
  }
  return after;
}
