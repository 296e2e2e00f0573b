import type { Command } from 'commander';
import { counted } from '../../../base/figures.ts';
import { listByDefault } from '../../arguments/list-by-default.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';

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
    output.line(`  ${oneLine(message)}`);
  }
  if (found.length > 0) output.note(`${counted(found.length, 'alert')}.`);
  return EXIT.completed;
}
