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
        return (operand as unknown[]).some((one) => isSame(value, one));
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
  if (keyOf(value) === keyOf(wanted)) return true;
  return Array.isArray(value) && value.some((one) => keyOf(one) === keyOf(wanted));
}
