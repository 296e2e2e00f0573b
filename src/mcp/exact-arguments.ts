import { approximate, mayHoldExact, parseJson } from '../base/json/exact-number.ts';

/**
 * A JSON-RPC message, or a list of them, with every digit of its numbers. The SDK parses messages itself and would round
 * long whole numbers in the arguments of tools; where it reads numbers itself, such as ids, it refuses them.
 * @returns undefined where the text holds no such number, or is not JSON: then the SDK parses it
 */
export function parseExactMessage(text: string): unknown {
  if (!mayHoldExact(text)) return undefined;
  try {
    return parseJson(text);
  } catch {
    // The SDK answers the fault.
    return undefined;
  }
}

/** The arguments and the id of a call with numbers that an ordinary number can't hold. */
export function exactCallOf(line: string): { id: string | number; args: unknown } | undefined {
  const message = parseExactMessage(line);
  if (!isObject(message) || !isObject(message['params'])) return undefined;
  const { id } = message;
  const args = message['params']['arguments'];
  const isCall = typeof id === 'string' || typeof id === 'number';
  return isCall && approximate(args) !== args ? { id, args } : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
