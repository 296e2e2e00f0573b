import { onFirstUse } from '../base/process/on-first-use.ts';

const order = onFirstUse(() => new Intl.Collator('en', { numeric: true, sensitivity: 'variant' }));

/** Orders versions as people do: v2.0 before v10.0. Negative when `a` is older. */
export function compareVersions(a: string, b: string): number {
  return order().compare(a, b);
}
