import { duration } from '../../base/figures.ts';
import { ExactNumber, parseJson } from '../../base/json/exact-number.ts';
import type { Json, JsonObject } from '../../protocol/messages.ts';
import type { Paint } from '../io.ts';
import { cellText, oneLine } from './safe-text.ts';
import { truncate } from './terminal-text.ts';

/** `⚙ name  field: value, …` in one line. */
export function toolCallLine(
  call: { name: string; input: Json },
  { paint, width }: { paint: Paint; width: number },
): string {
  const input = inputText(call.input);
  const room = width - call.name.length - 4;
  return `${paint('magenta', '⚙')} ${paint('bold', oneLine(call.name))}  ${paint('dim', truncate(input, room))}`;
}

/** A tool's result in one line: its `summary` if it has one. */
export function toolResultLine(
  result: { content: Json; is_error: boolean; duration_ms: number },
  { paint, width }: { paint: Paint; width: number },
): string {
  const time = `(${duration(result.duration_ms / 1000)})`;
  const text = truncate(summaryOf(result.content), width - 5 - time.length);
  return `  ${result.is_error ? paint('red', '✗') : paint('green', '✓')} ${text} ${paint('dim', time)}`;
}

function inputText(input: Json): string {
  if (!isObject(input)) return cellText(input);
  return Object.entries(input)
    .map(([name, value]) => `${oneLine(name)}: ${cellText(value)}`)
    .join(', ');
}

function summaryOf(content: Json): string {
  const value = typeof content === 'string' ? (parsed(content) ?? content) : content;
  if (!isObject(value)) return cellText(value);
  if (typeof value['summary'] === 'string') return oneLine(value['summary']);
  const error = value['error'];
  if (error !== undefined && isObject(error) && error['message'] !== undefined) {
    return cellText(error['message']);
  }
  return cellText(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

function parsed(text: string): Json | undefined {
  try {
    return parseJson(text) as Json;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}
