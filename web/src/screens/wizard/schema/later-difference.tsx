import { lazy, Suspense } from 'react';
import { usePlan } from '../draft/use-plan.ts';

const AgentDifference = lazy(() =>
  import('./agent-difference.tsx').then((found) => ({ default: found.AgentDifference })),
);

/** The difference from the draft's agent. Few drafts have one, so its code is loaded with the first. */
export function LaterDifference() {
  const difference = usePlan().data?.schema_difference ?? null;
  return <Suspense>{difference !== null && <AgentDifference difference={difference} />}</Suspense>;
}
