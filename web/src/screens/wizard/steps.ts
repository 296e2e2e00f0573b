import { messages } from './messages.ts';

/** The steps of the wizard, in order. */
export const STEPS = ['data', 'columns', 'prompt', 'schema', 'review'] as const;

/** A step of the wizard. */
export type Step = (typeof STEPS)[number];

/** The address of a step. */
export function routeOf(step: Step) {
  return `/new/$draftId/${step}` as const;
}

/** The name of a step. */
export function nameOf(step: Step): string {
  return messages.steps[step];
}
