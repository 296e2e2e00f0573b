import { AppError } from '../../base/errors.ts';
import { nearest } from '../../base/nearest.ts';
import { ALERT_RULES, type AlertLimits, isRule, RULE_NAMES } from './alert-rules.ts';

const DEFAULT_LIMITS = Object.fromEntries(RULE_NAMES.map((rule) => [rule, ALERT_RULES[rule].limit])) as AlertLimits;

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
      const near = nearest(rule, RULE_NAMES);
      throw wrong(
        `has no rule "${rule}"${near === undefined ? '' : ` (did you mean "${near}"?)`}; the rules are ${RULE_NAMES.join(', ')}`,
      );
    }
    const limit = value === 'off' ? null : Number(value);
    if (value === '' || (limit !== null && !(limit >= 0)))
      throw wrong(`needs a number from 0 on or off for ${rule}, such as ${rule}=${DEFAULT_LIMITS[rule]}`);
    limits[rule] = limit;
  }
  return limits;
}

function wrong(fault: string): AppError {
  return new AppError('config_invalid', `ROWMILL_ALERTS ${fault}.`);
}
