import type { Alert } from '../../data/alerts.ts';
import type { Schemas } from '../../data/api.ts';
import { formatDuration, formatMoney } from '../../data/format.ts';
import { messages } from './messages.ts';

type Rule = Schemas['AlertRules']['rules'][number];

/** A figure of a rule in its unit. */
export function figureText(figure: number, unit: Alert['unit']): string {
  if (unit === 'minutes') return formatDuration(figure * 60);
  if (unit === 'hours') return formatDuration(figure * 3_600);
  if (unit === 'dollars') return formatMoney(figure);
  const short = String(Math.round(figure * 10) / 10);
  return unit === 'percent' ? `${short} %` : messages.gigabytes(short);
}

/** The limit of a rule, with the side on which nothing is wrong. */
export function limitText(
  { unit, raised_when: when }: Pick<Rule, 'unit' | 'raised_when'>,
  limit: number | null,
): string {
  if (limit === null) return messages.rules.off;
  if (unit === null) return messages.rules.on;
  return messages[when](figureText(limit, unit));
}

/** What was measured, and the limit beside it; null for an alert that measures nothing. */
export function measured({ value, limit, unit, rule }: Alert): { value: string; limit: string } | null {
  if (unit === null || limit === null) return null;
  if (value === null) return { value: messages.over(figureText(limit, unit)), limit: '' };
  // Only a share is wrong below its limit.
  const side = rule === 'success-share' ? 'below' : 'above';
  return { value: figureText(value, unit), limit: messages[side](figureText(limit, unit)) };
}
