import type { AlertReport, AlertRules } from '../../runner/contract/service/alert.ts';

/** Open alerts that are read at once, to compare them with what is wrong and to count them. */
export const MOST_OPEN = 10_000;

interface Rule {
  /** The default limit. */
  limit: number;
  unit: AlertReport['unit'];
  raisedWhen: 'above' | 'below';
  about: AlertReport['about']['kind'];
  text: string;
}

/** The rules: when each raises an alert, what it measures, and its default limit. */
export const ALERT_RULES = {
  'success-share': {
    limit: 90,
    unit: 'percent',
    raisedWhen: 'below',
    about: 'agent',
    text: 'The part of the attempts of an agent in the last hour that succeeded, from 20 attempts on.',
  },
  'stalled-batch': {
    limit: 30,
    unit: 'minutes',
    raisedWhen: 'above',
    about: 'batch',
    text: 'How long a running batch without a provider job got no answer.',
  },
  'provider-down': {
    limit: 2,
    unit: 'minutes',
    raisedWhen: 'above',
    about: 'model',
    text: 'How long every call to a model has failed. The next answer of the model resolves it.',
  },
  'late-provider-job': {
    limit: 24,
    unit: 'hours',
    raisedWhen: 'above',
    about: 'batch',
    text: 'How long a job at the batch API of a provider takes.',
  },
  'queue-age': {
    limit: 26,
    unit: 'hours',
    raisedWhen: 'above',
    about: 'queue',
    text: 'How long the oldest job of a queue waits.',
  },
  'day-spending': {
    limit: 50,
    unit: 'dollars',
    raisedWhen: 'above',
    about: 'service',
    text: 'What a day costs, in the time zone of the server.',
  },
  'database-size': {
    limit: 20,
    unit: 'gigabytes',
    raisedWhen: 'above',
    about: 'service',
    text: 'The size of the database.',
  },
  'failed-schedule': {
    limit: 0,
    unit: null,
    raisedWhen: 'above',
    about: 'schedule',
    text: 'The last run of a schedule failed. The next one that succeeds resolves it.',
  },
} as const satisfies { [rule: string]: Rule };

/** A rule. */
export type AlertRule = keyof typeof ALERT_RULES;

/** The limits of the rules; `null` turns a rule off. */
export type AlertLimits = { [rule in AlertRule]: number | null };

/** The names of the rules. */
export const RULE_NAMES = Object.keys(ALERT_RULES) as AlertRule[];

/** Whether a text names a rule. */
export function isRule(name: string): name is AlertRule {
  return Object.hasOwn(ALERT_RULES, name);
}

/** The rules with the limits that hold, and where alerts are sent. */
export function alertRulesOf(limits: AlertLimits, receivers: readonly string[]): AlertRules {
  return {
    rules: RULE_NAMES.map((rule) => {
      const { limit: fallback, unit, raisedWhen, text } = ALERT_RULES[rule];
      return { rule, text, unit, raised_when: raisedWhen, limit: limits[rule], default_limit: fallback };
    }),
    receivers: [...receivers],
  };
}
