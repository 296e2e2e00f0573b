import type { MissingSettings } from '../app.ts';
import { oneLine } from './safe-text.ts';

/** What is missing before models can be called, and what still works: one sentence a line; no line when all is set. */
export function missingLines({ missing, callable }: MissingSettings): string[] {
  if (missing.length === 0) return [];
  const lines = missing.map(({ what, agents }) => {
    const fault = what.endsWith('.') ? `${oneLine(what)} ` : `${oneLine(what)} is not set: `;
    return `${fault}${agents.map(oneLine).join(', ')} can't be called.`;
  });
  const others = callable.length === 0 ? '' : `, and the agents ${callable.map(oneLine).join(', ')}`;
  lines.push(`What works without it: tables, stored batches and their results${others}. rowmill demo needs no key.`);
  return lines;
}
