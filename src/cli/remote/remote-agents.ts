import { type AgentDefinition, agentLabel } from '../../agent/definition.ts';
import { AppError } from '../../base/errors.ts';
import type { RowmillClient } from '../../client/client.ts';
import type { Given, TriedRun } from '../../runner/contract/report/tried-run.ts';
import type { InlineAgent } from '../../runner/contract/request/inline-agent.ts';
import type { DefinedAgent } from '../../runner/intake/agent/define-inline.ts';
import { createRemoteRegistry } from './remote-parts.ts';
import { answerOf } from './server-call.ts';

/** Saves the agent that a question defines on a server. */
export async function saveQuestion(
  { name, columns, ...question }: InlineAgent & { name: string; columns: readonly string[] | undefined },
  client: RowmillClient,
): Promise<DefinedAgent> {
  const params = { header: { 'idempotency-key': crypto.randomUUID() } };
  const call = client.POST('/v1/agents', {
    params,
    body: { name, ...question, ...(columns !== undefined && { columns }) } as never,
    parseAs: 'text',
  });
  const saved = await answerOf<Pick<AgentDefinition, 'name' | 'version'>>(call);
  const agent = await createRemoteRegistry(client, []).find(saved.name, saved.version);
  if (agent !== undefined) return { agent, warnings: [] };
  throw new AppError('agent_not_found', `The server does not list ${saved.name}@${saved.version}, which it has saved.`);
}

/** The questions that the server has defined as agents and not saved. */
export type Questions = WeakMap<AgentDefinition, InlineAgent>;

/** Runs an agent of a server once: a saved one, or one that a question defines. */
export function tryAgent(
  agent: AgentDefinition,
  { given, signal }: { given: Given; signal: AbortSignal },
  { client, questions }: { client: RowmillClient; questions: Questions },
): Promise<TriedRun> {
  const header = { 'idempotency-key': crypto.randomUUID() };
  const question = questions.get(agent);
  if (question !== undefined) {
    const body = { question, ...bodyOf(given) } as never;
    return answerOf(client.POST('/v1/agents/try', { params: { header }, body, signal, parseAs: 'text' }));
  }
  const params = { path: { agent: agentLabel(agent) }, header };
  const body = bodyOf(given) as never;
  return answerOf(client.POST('/v1/agents/{agent}/try', { params, body, signal, parseAs: 'text' }));
}

function bodyOf(given: Given): object {
  if ('message' in given) return given;
  const mapping = given.mapping === undefined ? {} : { input_mapping: given.mapping };
  if ('columns' in given) {
    return { input: Object.fromEntries(given.columns.map((name, at) => [name, given.cells[at] ?? null])), ...mapping };
  }
  const { table, row, reading } = given;
  return { csv_uri: table, row, ...(reading !== undefined && { reading }), ...mapping };
}
