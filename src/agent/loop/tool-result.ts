import { ExactNumber } from '../../base/json/exact-number.ts';
import type { Json, JsonObject } from '../../protocol/messages.ts';
import type { ToolResult } from '../../protocol/run.ts';

/** Limit of a tool result that is sent to a model, in UTF-16 units. */
const MAX_RESULT_LENGTH = 200_000;

/** A failed tool call, as data for the model. `text` says what to do next. */
export function errorResult(text: string): ToolResult {
  return { content: text, isError: true };
}

/** A tool's return value as a {@link ToolResult}: plain JSON becomes its text; a text that is too long is cut and says so. */
export function toToolResult(value: ToolResult | Json | undefined): ToolResult {
  if (isToolResult(value)) return { ...value, content: cut(value.content) };
  if (typeof value === 'string') return { content: cut(value), isError: false };
  const content = cut(JSON.stringify(value ?? null));
  return isObject(value) ? { content, isError: false, structured: value } : { content, isError: false };
}

function isToolResult(value: unknown): value is ToolResult {
  if (typeof value !== 'object' || value === null) return false;
  return 'content' in value && typeof value.content === 'string' && 'isError' in value;
}

function isObject(value: ToolResult | Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}

function cut(text: string): string {
  if (text.length <= MAX_RESULT_LENGTH) return text;
  const splitsPair = /[\uD800-\uDBFF]/.test(text.charAt(MAX_RESULT_LENGTH - 1));
  const kept = text.slice(0, splitsPair ? MAX_RESULT_LENGTH - 1 : MAX_RESULT_LENGTH);
  return `${kept}\n[cut here: ${kept.length} of ${text.length} characters are shown. Ask for less at a time.]`;
}
