import { agentLabel } from '../agent/definition.ts';
import type { BatchRequest } from '../runner/contract/request/request.ts';
import type { App } from './app.ts';
import type { Output } from './command-context.ts';

/** Saves the question of a request as an agent; returns the request with that agent. A request that can't run saves nothing. */
export async function saveQuestion(
  request: BatchRequest,
  name: string,
  { app, output }: { app: App; output: Output },
): Promise<BatchRequest> {
  if (request.target.type !== 'inline') return request;
  const plan = await app.runner.plan(request);
  if (plan.agent === null || plan.problems.length > 0) return request;
  const { type: _, ...question } = request.target;
  // What is a placeholder in this table is one in every other.
  const columns = plan.agent.prompt?.placeholders ?? [];
  const { agent: saved } = await app.defineAgent(name, question, columns);
  output.note(`Saved ${agentLabel(saved)}.`);
  const target = { type: 'agent' as const, name: saved.name, version: saved.version };
  return { ...request, target, input_mapping: plan.input_mapping };
}
