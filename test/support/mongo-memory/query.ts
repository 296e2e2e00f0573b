import type { Document } from 'mongodb';
import { evaluate } from './evaluate.ts';
import { CommandFault } from './fault.ts';
import { compare, isPlain, keyOf, valueAt } from './values.ts';

/** Whether a filter selects a document. @param now the time of the command */
export function matches(document: Document, filter: Document, now: Date): boolean {
  return Object.entries(filter).every(([name, wanted]) => {
    switch (name) {
      case '$and':
        return (wanted as Document[]).every((one) => matches(document, one, now));
      case '$or':
        return (wanted as Document[]).some((one) => matches(document, one, now));
      case '$nor':
        return !(wanted as Document[]).some((one) => matches(document, one, now));
      case '$expr':
        return evaluate(wanted, document, now) === true;
      default:
        if (name.startsWith('$')) throw new CommandFault(2, 'BadValue', `unknown top level operator: ${name}`);
        return fits(valueAt(document, name), wanted);
    }
  });
}

function fits(value: unknown, wanted: unknown): boolean {
  if (!isPlain(wanted) || !Object.keys(wanted)[0]?.startsWith('$')) return isSame(value, wanted);
  return Object.entries(wanted).every(([operator, operand]) => {
    const order = () => compare(value, operand);
    switch (operator) {
      case '$eq':
        return isSame(value, operand);
      case '$ne':
        return !isSame(value, operand);
      case '$in':
        return isAmong(value, keysOf(operand as unknown[]));
      case '$exists':
        return (value !== undefined) === Boolean(operand);
      case '$not':
        return !fits(value, operand);
      case '$gt':
        return (order() ?? -1) > 0;
      case '$gte':
        return (order() ?? -1) >= 0;
      case '$lt':
        return (order() ?? 1) < 0;
      case '$lte':
        return (order() ?? 1) <= 0;
      default:
        throw new CommandFault(2, 'BadValue', `unknown operator: ${operator}`);
    }
  });
}

function isSame(value: unknown, wanted: unknown): boolean {
  return isAmong(value, new Set([keyOf(wanted)]));
}

function isAmong(value: unknown, keys: ReadonlySet<string>): boolean {
  return keys.has(keyOf(value)) || (Array.isArray(value) && value.some((one) => keys.has(keyOf(one))));
}

/** The keys of a list, made once: it is compared with each document. */
function keysOf(values: readonly unknown[]): ReadonlySet<string> {
  const keys = known.get(values) ?? new Set(values.map(keyOf));
  known.set(values, keys);
  return keys;
}

const known = new WeakMap<readonly unknown[], ReadonlySet<string>>();
