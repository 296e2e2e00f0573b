import type { Command } from 'commander';
import { counted } from '../../../base/figures.ts';
import { listByDefault } from '../../arguments/list-by-default.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { wrapText } from '../../terminal/word-wrap.ts';

/** `rowmill alerts …`: what is wrong with the service. */
export function addAlertsCommands(alerts: Command, context: CommandContext): void {
  alerts.helpCommand(false);
  newCommand(alerts, 'list', 'List the alerts that are not resolved, newest first')
    .option('--all', 'also those that are resolved')
    .action((given: { all?: boolean }) => context.run((output) => listAlerts(given.all === true, { context, output })));
  for (const [name, act, text] of [
    ['ack', 'acknowledge', 'Acknowledge an alert: you know, and it goes on'],
    ['resolve', 'resolve', 'Resolve an alert; it is not raised again while its cause goes on'],
  ] as const) {
    newCommand(alerts, name, text)
      .argument('<alert>', 'the id of the alert, as "rowmill alerts" shows it')
      .action((id: string) =>
        context.run(async (output) => {
          const { monitoring } = await context.app();
          const alert = await monitoring[act](id);
          output.document(alert);
          output.line(`${alert.alert_id} is ${alert.state}.`);
          return EXIT.completed;
        }),
      );
  }
  newCommand(alerts, 'rules', 'List the rules of alerts with their limits, and where alerts are sent').action(() =>
    context.run((output) => listRules({ context, output })),
  );
  listByDefault(alerts, context, (output) => listAlerts(false, { context, output }));
}

async function listAlerts(
  all: boolean,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const { monitoring } = await context.app();
  const found = await monitoring.alerts({ state: all ? 'all' : 'open', limit: 200 });
  output.document({ alerts: found });
  if (found.length === 0)
    output.line(all ? 'There was no alert.' : 'Nothing is wrong. Alerts are raised by "rowmill serve".');
  for (const { alert_id: id, rule, state, raised_at: at, message } of found) {
    output.line(`${output.paint('cyan', id)}  ${rule}  ${state}  since ${at.slice(0, 16).replace('T', ' ')} (UTC)`);
    for (const text of wrapText(oneLine(message), output.textWidth - 2)) output.line(`  ${text}`);
  }
  if (found.length > 0) output.note(`${counted(found.length, 'alert')}.`);
  return EXIT.completed;
}

async function listRules({ context, output }: { context: CommandContext; output: Output }): Promise<number> {
  const { rules, receivers } = await (await context.app()).monitoring.alertRules();
  output.document({ rules, receivers });
  for (const { rule, limit, unit, raised_when: when, text } of rules) {
    output.line(
      `${output.paint('cyan', rule)}  ${limit === null ? 'off' : unit === null ? 'on' : `${when} ${limit} ${unit}`}`,
    );
    for (const line of wrapText(oneLine(text), output.textWidth - 2)) output.line(`  ${line}`);
  }
  output.line(receivers.length === 0 ? 'Sent nowhere: set ROWMILL_ALERT_WEBHOOKS.' : `Sent to ${receivers.join(', ')}`);
  output.note('ROWMILL_ALERTS sets the limits.');
  return EXIT.completed;
}
