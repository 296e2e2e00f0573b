import type { StoredPlan } from '../../contract/report/stored-plan.ts';

/** Whether rows are to run on a fleet: the batch asks for it, or leaves it to an agent that does. */
export function isForFleet({ agent, request }: Pick<StoredPlan, 'agent' | 'request'>): boolean {
  const { mode = 'auto' } = request.options ?? {};
  return mode === 'fleet' || (mode === 'auto' && agent.executor === 'fleet');
}
