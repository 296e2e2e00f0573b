import type { Schemas } from '../../../data/api.ts';

/** The tool by which an agent answers, as the journal names it. */
const ANSWER_TOOL = 'return_structured_data';

interface Block {
  type: string;
  name?: string;
  input?: unknown;
}

/** The last answer of a row that failed because it did not fit the schema, and what was wrong. */
export function refusedAnswer({ attempts }: Schemas['RowTrace']): { answer: unknown; fault: string } | undefined {
  const last = attempts.at(-1);
  if (last?.error?.code !== 'output_invalid') return undefined;
  const calls = last.entries as unknown as readonly {
    kind: string;
    answer: { response: { content?: Block[] } } | null;
  }[];
  const blocks = calls.flatMap(({ kind, answer }) => (kind === 'model' ? (answer?.response.content ?? []) : []));
  const answer = blocks.findLast(({ type, name }) => type === 'tool_use' && name === ANSWER_TOOL)?.input;
  return { answer, fault: last.error.message };
}

/** Whether a fault names a field. */
export function isAbout(fault: string, field: string): boolean {
  const words = fault.split(/[^\p{L}\p{N}_]+/u);
  return field.split(/[^\p{L}\p{N}_]+/u).every((part) => words.includes(part));
}
