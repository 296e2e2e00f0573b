import { createHash } from 'node:crypto';
import { AppError } from '../../base/errors.ts';
import type { AlertReport } from '../../runner/contract/service/alert.ts';

const SLACK = 'slack+';

/** Where alerts are sent. */
export interface AlertReceivers {
  /** Names of the receivers: an address is a secret, so it is neither stored nor shown. */
  names: string[];
  /** Their origins. */
  origins: string[];
  /** The address and the form of a message. @throws AppError `config_invalid` when the receiver is gone */
  messageFor(name: string, message: AlertMessage): { url: URL; body: string };
}

interface AlertMessage {
  eventId: string;
  what: 'raised' | 'resolved';
  alert: AlertReport;
}

/** Receivers by their addresses. One at hooks.slack.com, or after `slack+`, gets what Slack reads. */
export function createAlertReceivers(addresses: readonly string[]): AlertReceivers {
  const known = new Map<string, { url: URL; isSlack: boolean }>(
    addresses.map((text) => {
      const url = new URL(text.startsWith(SLACK) ? text.slice(SLACK.length) : text);
      const isSlack = text.startsWith(SLACK) || url.hostname === 'hooks.slack.com';
      const digest = createHash('sha256').update(url.href).digest('hex').slice(0, 8);
      return [`${url.origin}/#${digest}`, { url, isSlack }] as const;
    }),
  );
  return {
    names: [...known.keys()],
    origins: [...known.values()].map(({ url }) => url.origin),
    messageFor(name, message) {
      const receiver = known.get(name);
      if (receiver === undefined)
        throw new AppError('config_invalid', 'ROWMILL_ALERT_WEBHOOKS has this receiver no more.');
      return { url: receiver.url, body: receiver.isSlack ? slackBody(message) : genericBody(message) };
    },
  };
}

function genericBody({ eventId, what, alert }: AlertMessage): string {
  const at = what === 'raised' ? alert.raised_at : alert.resolved_at;
  return JSON.stringify({ id: eventId, type: `alert.${what}`, created_at: at, data: alert });
}

/** The text of Slack's incoming webhooks; three characters are escaped there. */
function slackBody({ what, alert }: AlertMessage): string {
  const escaped = alert.message.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const sign = what === 'raised' ? ':rotating_light:' : ':white_check_mark:';
  return JSON.stringify({ text: `${sign} *Rowmill: ${alert.rule} ${what}*\n${escaped}` });
}
