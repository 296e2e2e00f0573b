import type { Command } from 'commander';
import { AppError } from '../../../base/errors.ts';
import { DELIVERY_STATES, type DeliveryReport } from '../../../runner/contract/service/job.ts';
import { limitOption } from '../../arguments/limit-option.ts';
import { type CommandContext, newCommand, type Output } from '../../command-context.ts';
import { EXIT } from '../../exit-codes.ts';
import { oneLine } from '../../terminal/safe-text.ts';
import { layOutTable } from '../../terminal/terminal-table.ts';

interface DeliveriesArguments {
  state?: DeliveryReport['state'];
  limit?: number;
}

/** `rowmill jobs deliveries` and `rowmill jobs resend`: results that are sent by webhook. */
export function addDeliveriesCommands(jobs: Command, context: CommandContext): void {
  newCommand(jobs, 'deliveries', 'List results that are sent by webhook, newest first')
    .option('--state <state>', `only those in this state: ${DELIVERY_STATES.join(', ')}`)
    .addOption(limitOption())
    .action((given: DeliveriesArguments) => context.run((output) => listDeliveries(given, { context, output })));
  newCommand(jobs, 'resend', 'Send a result again whose every attempt failed')
    .argument('<event>', 'the event of a dead delivery')
    .action((event: string) =>
      context.run(async (output) => {
        const app = await context.app();
        await app.jobs.retryDelivery(event);
        await app.ensureDetachedRunner();
        output.document({ event_id: event, state: 'pending' });
        output.line(`${oneLine(event)} is due now.`);
        return EXIT.completed;
      }),
    );
}

async function listDeliveries(
  { state, limit = 20 }: DeliveriesArguments,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  if (state !== undefined && !DELIVERY_STATES.includes(state))
    throw new AppError('invalid_arguments', `--state must be one of ${DELIVERY_STATES.join(', ')}.`);
  const { jobs } = await context.app();
  const found = await jobs.deliveries({ limit, ...(state !== undefined && { state }) });
  output.document({ deliveries: found });
  if (found.length === 0) {
    output.line('There are no such deliveries. Jobs with a callback send their results.');
    return EXIT.completed;
  }
  const { paint, width } = output;
  const columns = [
    { title: 'event', minWidth: 'whole' as const, paint: (text: string) => paint('cyan', text) },
    { title: 'state', minWidth: 'whole' as const },
    { title: 'attempts', align: 'right' as const, minWidth: 'whole' as const },
    { title: 'receiver', minWidth: 12 },
    { title: 'last error', minWidth: 10 },
  ];
  const rows = found.map(({ event_id, state: now, attempts, url, error }) => [
    ...[event_id, now, String(attempts), oneLine(url), oneLine(error ?? '')],
  ]);
  for (const text of layOutTable(columns, rows, { width, paint })) output.line(text);
  if (found.some((one) => one.state === 'dead')) output.note('Send a dead one again: rowmill jobs resend EVENT');
  return EXIT.completed;
}
