import type { Clock } from '../../base/clock.ts';
import { toAppError } from '../../base/errors.ts';
import type { Log } from '../../base/log.ts';
import type { AlertStore } from '../../storage/alerts.ts';
import type { EventMap, Events } from '../../telemetry/events.ts';
import { ALERT_RULES, type AlertLimits, type AlertRule, MOST_OPEN } from './alert-rules.ts';
import { type Condition, type ConditionStore, findConditions, STORE_RULES } from './find-conditions.ts';

const LOOK_MS = 30_000;
const MINUTE_MS = 60_000;

/** What keeping alerts needs. */
export interface AlertParts {
  store: AlertStore & ConditionStore;
  limits: AlertLimits;
  /** Names of the receivers of alerts. */
  receivers: readonly string[];
  newId: (prefix: string) => string;
  clock: Clock;
  log: Log;
}

/** Raises and resolves alerts until `signal` fires. Any number of processes may do it on one store. */
export async function keepAlerts(parts: AlertParts, events: Events, signal: AbortSignal): Promise<void> {
  const stopped = new Map<string, number>();
  const end = events.on('lane-state', (lane) => noteLane(stopped, lane));
  while (!signal.aborted) {
    try {
      await lookOnce(parts, stopped);
    } catch (thrown) {
      parts.log.error({ code: toAppError(thrown).code }, 'alerts could not be checked');
    }
    await parts.clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
  end();
}

/** Remembers since when the lane of a model has been stopped. */
export function noteLane(stopped: Map<string, number>, { provider, model, state, at }: EventMap['lane-state']): void {
  const name = `${provider}/${model}`;
  if (state === 'open') stopped.delete(name);
  if (state === 'stopped' && !stopped.has(name)) stopped.set(name, at);
}

/** Raises an alert for each new condition, and resolves those whose condition is over. */
export async function lookOnce(parts: AlertParts, stopped: ReadonlyMap<string, number>): Promise<void> {
  const { store, limits, clock } = parts;
  const now = clock.now();
  const found = [...(await findConditions(limits, { store, now })), ...downProviders(limits, stopped, now)];
  for (const condition of found) await raiseAlert(condition, parts);
  const wrong = new Set(found.map(({ rule, subject }) => `${rule}\n${subject}`));
  for (const open of await store.listAlerts({ which: 'ongoing', limit: MOST_OPEN })) {
    if (wrong.has(`${open.rule}\n${open.subject}`)) continue;
    const isOver =
      STORE_RULES.includes(open.rule as AlertRule) ||
      (open.rule === 'provider-down' && (await hasAnswered(open.subject, open.raisedAt, parts)));
    if (isOver) await store.resolveAlert(open.id, now, parts.receivers);
  }
}

/** Raises an alert unless one of this rule and subject is open. */
export async function raiseAlert(
  condition: Condition,
  { store, limits, receivers, newId, clock, log }: AlertParts,
): Promise<void> {
  const { batchId = null, rule } = condition;
  const limit = ALERT_RULES[rule].unit === null ? null : limits[rule];
  const alert = { ...condition, limit, batchId, id: newId('alr'), raisedAt: clock.now() };
  const raised = await store.raiseAlert(alert, receivers);
  if (raised) log.warn({ rule: condition.rule, subject: condition.subject }, 'an alert was raised');
}

function downProviders({ 'provider-down': limit }: AlertLimits, stopped: ReadonlyMap<string, number>, now: number) {
  if (limit === null) return [];
  return [...stopped].flatMap(([subject, since]): Condition[] =>
    now - since < limit * MINUTE_MS
      ? []
      : [
          {
            rule: 'provider-down',
            subject,
            value: (now - since) / MINUTE_MS,
            message: `Every call to ${subject} fails, for more than ${limit} minutes. Its batches try again by themselves.`,
          },
        ],
  );
}

/** Whichever process sees an answer: the process whose lane was stopped may be gone. */
async function hasAnswered(subject: string, since: number, { store, clock }: AlertParts): Promise<boolean> {
  const from = Math.ceil(since / MINUTE_MS) * MINUTE_MS;
  const sums = await store.readUsage({ from, to: clock.now() + MINUTE_MS, seconds: null, by: ['model', 'way'] });
  return sums.some(({ by }) => by.way === 'realtime' && by.model === subject);
}
