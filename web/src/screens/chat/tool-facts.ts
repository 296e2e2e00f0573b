import type { ToolEntry } from '../../data/chat/entry.ts';

type Fields = { [name: string]: unknown };

/** The fields of an object; none for any other value. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** What a tool answered, in one sentence: its summary, or why it failed. */
export function summaryOf({ outcome }: ToolEntry): string | undefined {
  if (outcome === undefined) return undefined;
  const { summary, error } = fieldsOf(outcome.content);
  const { message } = fieldsOf(error);
  const said = summary ?? message ?? outcome.content;
  return typeof said === 'string' ? said : JSON.stringify(said);
}

/** The batch that a call is about. */
export function batchOf({ input, outcome }: ToolEntry): string | undefined {
  if (outcome?.isError) return undefined;
  const { batch_id: answered } = fieldsOf(outcome?.content);
  const { batch_id: asked } = fieldsOf(input);
  return [answered, asked].find((id) => typeof id === 'string');
}

/**
 * The draft that a call could become: a table that was read, or a batch that was planned and not started. The request has
 * the fields of a batch request.
 */
export function draftOf({ name, input, outcome }: ToolEntry): { isWhole: boolean; request: Fields } | undefined {
  if (outcome === undefined || outcome.isError) return undefined;
  const given = fieldsOf(input);
  const answered = fieldsOf(outcome.content);
  const table = answered['uri'] ?? given['csv_uri'] ?? given['csv_s3_uri'];
  if (typeof table !== 'string') return undefined;
  if (name === 'analyze_csv_structure') return { isWhole: false, request: { csv_uri: table } };
  if (name !== 'execute_batch_processor' || answered['started'] === true) return undefined;
  if ((given['action'] ?? 'start') !== 'start') return undefined;
  const { csv_uri: _, csv_s3_uri: __, action: ___, confirmation_token: ____, ...rest } = given;
  const { agent_name: agent, version, target, options, ...request } = rest;
  const { dry_run: _____, ...kept } = fieldsOf(options);
  const named = { type: 'agent', name: agent, ...(version !== undefined && { version }) };
  return { isWhole: true, request: { ...request, csv_uri: table, target: target ?? named, options: kept } };
}
