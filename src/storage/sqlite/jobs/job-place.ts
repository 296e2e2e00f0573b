/** The priority of a job that names none. */
export const DEFAULT_PRIORITY = 5;
const HIGHEST = 10;

/**
 * The place of a job in the order of claims: higher priorities first. Every job has one, but a batch is claimed by it
 * only once two priorities differ.
 */
export function placeOfPriority(priority: number): number {
  return HIGHEST - priority;
}
