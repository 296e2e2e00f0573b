import { channel } from 'node:diagnostics_channel';

/** Node's own process-wide channel: who announces knows nobody who listens. Messages are texts. */
export const ACTIVITY = 'rowmill.activity';

const activity = channel(ACTIVITY);

/**
 * Says what this process starts to do, in the words of a message: `row 5 of batch bat_1`. A process that its watchdog ends
 * names the last of them. Never cell contents. Free of cost where nobody listens.
 */
export function announceActivity(text: () => string): void {
  if (activity.hasSubscribers) activity.publish(text());
}
