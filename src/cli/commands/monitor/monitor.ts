import type { Command } from 'commander';
import { listByDefault } from '../../arguments/list-by-default.ts';
import { type CommandContext, newCommand } from '../../command-context.ts';
import { showDashboard } from './monitor-dashboard.ts';
import { addMonitorLedgerCommand } from './monitor-ledger.ts';
import { addMonitorLoadCommand, addMonitorMetricsCommand } from './monitor-series.ts';

/** `rowmill monitor …`: what the service does and has done. */
export function addMonitorCommands(monitor: Command, context: CommandContext): void {
  monitor.helpCommand(false).addHelpText('after', HELP);
  newCommand(monitor, 'dashboard', 'Show what is going on now, and what the last day cost').action(() =>
    context.run((output) => showDashboard({ context, output })),
  );
  addMonitorMetricsCommand(monitor, context);
  addMonitorLoadCommand(monitor, context);
  addMonitorLedgerCommand(monitor, context);
  listByDefault(monitor, context, (output) => showDashboard({ context, output }));
}

const HELP = `
Without a command, the dashboard is shown.

Examples:
  rowmill monitor
  rowmill monitor metrics --bucket day --by agent
  rowmill monitor ledger bat_…             every call behind the cost of a batch`;
