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
  const plan = await app.runner.plan(request);
  if (plan.agent === null || plan.problems.length > 0) return request;
  const saved = await app.saveAgent(name, plan.agent);
  output.note(`Saved ${agentLabel(saved)}.`);
  const target = { type: 'agent' as const, name: saved.name, version: saved.version };
  return { ...request, target, input_mapping: plan.input_mapping };
}
