import type { Command } from 'commander';
import { bytes, counted, dollars } from '../../base/figures.ts';
import type { Settings } from '../../runner/contract/service/settings.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { oneLine } from '../terminal/safe-text.ts';
import { layOutTable } from '../terminal/terminal-table.ts';
import { wrapText } from '../terminal/word-wrap.ts';

/** The width of the names of settings. */
const NAME = 16;

/** `rowmill settings`: the limits, and which providers can be called, without secrets. */
export function addSettingsCommand(command: Command, context: CommandContext): void {
  command.addHelpText('after', HELP).action(() =>
    context.run(async (output) => {
      const settings = await (await context.app()).settings();
      output.document(settings);
      for (const [name, text] of fieldsOf(settings)) showField(name, text, output);
      output.line();
      showProviders(settings, output);
      return EXIT.completed;
    }),
  );
}

const HELP = '\nVariables of the environment set them: docs/environment.md. Keys are never shown.';

function fieldsOf({ limits, ...settings }: Settings): [string, string][] {
  const { upload_max_bytes: one, uploads_total_bytes: all, uploads_keep_days: days } = limits;
  const listed = (hosts: readonly string[]) => hosts.join(', ') || 'none';
  return [
    ['version', settings.version],
    ['agents', settings.agent_sources.join('; ')],
    ['starts unasked', `up to ${dollars(limits.confirm_above_usd)} an hour`],
    ['cap of a day', limits.max_usd_per_day === null ? 'none' : dollars(limits.max_usd_per_day)],
    ['uploads', `${bytes(one)} each, ${bytes(all)} together, for ${counted(days, 'day')} after their last use`],
    ['unpacked table', `${bytes(limits.max_decoded_bytes)} at most`],
    ['webhooks to', listed(settings.callback_hosts)],
    ['private tables', listed(settings.http_sources)],
    ['fleet', settings.fleet ? 'yes' : 'no'],
  ];
}

function showField(name: string, text: string, { paint, line, textWidth }: Output): void {
  for (const [at, part] of wrapText(oneLine(text), textWidth - NAME).entries()) {
    line(`${paint('dim', (at === 0 ? name : '').padEnd(NAME))}${part}`);
  }
}

function showProviders({ providers }: Settings, { paint, width, line }: Output): void {
  const columns = [
    { title: 'provider', minWidth: 'whole' as const, paint: (text: string) => paint('cyan', text) },
    { title: 'batch API', minWidth: 'whole' as const },
    { title: 'default model', minWidth: 13 },
    { title: 'missing', minWidth: 10 },
  ];
  const rows = providers.map(({ name, batch_api: batch, default_model: model, missing }) => [
    ...[name, batch ? 'yes' : 'no', oneLine(model ?? ''), oneLine(missing ?? '')],
  ]);
  for (const text of layOutTable(columns, rows, { width, paint })) line(text);
}
