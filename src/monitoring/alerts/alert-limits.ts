import { AppError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';

/** The limits of the rules; `null` turns a rule off. */
export type AlertLimits = { [rule in AlertRule]: number | null };

/** The rules with their default limits. */
export const DEFAULT_LIMITS = {
  /** Percent of the attempts of an agent in the last hour that succeeded. */
  'success-share': 90,
  /** Minutes in which a running batch got no answer. */
  'stalled-batch': 30,
  /** Minutes in which the lane of a model has been stopped. */
  'provider-down': 2,
  /** Hours that a provider job may take. */
  'late-provider-job': 24,
  /** Hours that a job may wait. */
  'queue-age': 26,
  /** Dollars of a day, in the time zone of the server. */
  'day-spending': 50,
  /** Gigabytes of the database. */
  'database-size': 20,
  /** Schedules that failed. */
  'failed-schedule': 0,
} as const;

/** A rule. */
export type AlertRule = keyof typeof DEFAULT_LIMITS;

/**
 * Limits as they are set: `success-share=95,queue-age=off`; those that are not named keep their default.
 * @throws AppError `config_invalid`, which names the rule
 */
export function readLimits(text: string | undefined, defaults: Partial<AlertLimits> = {}): AlertLimits {
  const limits: AlertLimits = { ...DEFAULT_LIMITS, ...defaults };
  for (const part of (text ?? '').split(',').map((one) => one.trim())) {
    if (part === '') continue;
    const [rule = '', value = ''] = part.split('=').map((one) => one.trim());
    if (!isRule(rule)) {
      const near = nearest(rule, Object.keys(DEFAULT_LIMITS));
      throw wrong(
        `has no rule "${rule}"${near === undefined ? '' : ` (did you mean "${near}"?)`}; the rules are ${Object.keys(DEFAULT_LIMITS).join(', ')}`,
      );
    }
    const limit = value === 'off' ? null : Number(value);
    if (value === '' || (limit !== null && !(limit >= 0)))
      throw wrong(`needs a number from 0 on or off for ${rule}, such as ${rule}=${DEFAULT_LIMITS[rule]}`);
    limits[rule] = limit;
  }
  return limits;
}

function isRule(name: string): name is AlertRule {
  return Object.hasOwn(DEFAULT_LIMITS, name);
}

function wrong(fault: string): AppError {
  return new AppError('config_invalid', `ROWMILL_ALERTS ${fault}.`);
}
