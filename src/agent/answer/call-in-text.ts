import * as z from 'zod';
import type { Json } from '../../protocol/messages.ts';
import { STRUCTURED_OUTPUT_TOOL } from '../definition.ts';
import { parseExactJson } from './exact-json.ts';

/** A value of a text: an answer, or a call of a tool that is written as text. */
export type TextValue =
  | { kind: 'value'; value: Json }
  /** The arguments of a call of the tool that gives the answer. */
  | { kind: 'answer'; value: Json }
  /** A call of another tool, which is not run. */
  | { kind: 'call'; name: string };

const call = z.strictObject({
  id: z.unknown().optional(),
  type: z.unknown().optional(),
  name: z.string(),
  arguments: z.unknown().optional(),
  parameters: z.unknown().optional(),
  input: z.unknown().optional(),
});
const wrapped = z.strictObject({ id: z.unknown().optional(), type: z.unknown().optional(), function: call });

/**
 * Reads calls as servers without a parser for tool calls leave them in the text: `{"name": …, "arguments": {…}}`, the
 * arguments perhaps as JSON text, alone, in a list of one, or within `function`.
 * @param tools the names of the tools that the agent has
 */
export function readCallInText(value: Json, tools: readonly string[]): TextValue {
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
  const parsed = call.safeParse(wrapped.safeParse(one).data?.function ?? one);
  if (!parsed.success) return { kind: 'value', value };
  const { name } = parsed.data;
  const given = (parsed.data.arguments ?? parsed.data.parameters ?? parsed.data.input) as Json | undefined;
  if (given === undefined || !tools.includes(name)) return { kind: 'value', value };
  if (name !== STRUCTURED_OUTPUT_TOOL) return { kind: 'call', name };
  const inner = typeof given === 'string' ? parseExactJson(given) : undefined;
  return { kind: 'answer', value: inner?.ok === true ? inner.value : given };
}
