import type { Command } from 'commander';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import { exampleKeyVariable } from '../../providers/catalog.ts';
import type { BatchReport } from '../../runner/contract/report.ts';
import type { App } from '../app.ts';
import { type CommandContext, newCommand, type Output } from '../command-context.ts';
import { type DemoStage, setDemoStage } from '../demo/demo-stage.ts';
import { playDemo } from '../demo/demo-talk.ts';
import { EXIT } from '../exit-codes.ts';
import { listenForStop, type Stop } from '../signals.ts';
import { reportLines } from '../terminal/report-text.ts';
import { cellText } from '../terminal/safe-text.ts';
import { layOutTable } from '../terminal/terminal-table.ts';

interface DemoArguments {
  out?: string;
  keep?: boolean;
}

/** `rowmill demo`: the whole main job on bundled data, without a key. */
export function addDemoCommand(program: Command, context: CommandContext): void {
  newCommand(program, 'demo', 'See the whole thing work on bundled data; no key needed')
    .option('-o, --out <path>', 'where the table goes (default: addresses-broadband.csv, here)')
    .option('--keep', 'keep the demo’s data directory, to look at its batch afterwards')
    .addHelpText('after', HELP)
    .action((given: DemoArguments) => context.run((output) => demo(given, context, output)));
}

const HELP = `
Plays a conversation with the orchestrator over 14 invented addresses. The models are scripts and the lookup is a small
local service: stand-ins both, so that it needs no key and costs nothing. Everything between them is the real thing.`;

async function demo(given: DemoArguments, context: CommandContext, output: Output): Promise<number> {
  const stage = await setDemoStage(context.io.cwd, given.out);
  const stop = listenForStop(context.signals, {
    onFirst: () => output.note('Ending the demo.'),
    onSecond: () => undefined,
  });
  let app: App | undefined;
  try {
    app = await context.app({ environment: stage.environment, drives: true });
    introduce(stage, output);
    const report = await perform(app, stage, { context, output, stop });
    if (report === undefined) return EXIT.interrupted;
    await finish(app, report, { stage, output, keep: given.keep === true });
    return EXIT.completed;
  } finally {
    stop.close();
    await app?.close();
    await stage.close({ keep: given.keep === true });
  }
}

function introduce(stage: DemoStage, { line, paint }: Output): void {
  line(paint('bold', 'Rowmill demo: an agent over every row of a table, by talking'));
  line();
  line(paint('yellow', 'Two things here are stand-ins:'));
  line(`  the models are scripts (examples/demo/*.script.yaml), not models`);
  line(`  the broadband register is a small service on ${stage.lookup.url}, with invented addresses`);
  line(paint('dim', 'Tools, runner, store, tables and the conversation itself are the real ones.'));
  line();
}

/** The conversation, with batches driven in this process meanwhile. Undefined when a signal ended it. */
async function perform(
  app: App,
  stage: DemoStage,
  { context, output, stop }: { context: CommandContext; output: Output; stop: Stop },
): Promise<BatchReport | undefined> {
  const over = new AbortController();
  const signal = AbortSignal.any([stop.signal, over.signal]);
  const supervising = app
    .supervise({ signal, hardSignal: stop.hardSignal, untilIdle: false })
    .catch((error: unknown) => app.log.error({ err: error }, 'batches are no longer driven here'));
  try {
    const talk = await playDemo(app, stage, { io: context.io, output, signal: stop.signal });
    if (stop.signal.aborted) return undefined;
    if (talk.error !== null) throw new AppError(talk.error.code as ErrorCode, talk.error.message);
    if (talk.batchId === null) throw new AppError('internal', 'The demo started no batch.');
    return await app.runner.report(talk.batchId);
  } finally {
    over.abort();
    await supervising;
  }
}

async function finish(
  app: App,
  report: BatchReport,
  { stage, output, keep }: { stage: DemoStage; output: Output; keep: boolean },
): Promise<void> {
  const { line, paint } = output;
  const { rows } = await app.runner.rows(report.batch_id, { limit: 50 });
  output.document({ ...report, ...(keep && { data_dir: stage.dataDir }) });
  const columns = [
    { title: 'address', minWidth: 16 },
    { title: 'postcode', minWidth: 8 },
    { title: 'exchange_station', minWidth: 12, paint: (text: string) => paint('cyan', text) },
    { title: 'down', align: 'right' as const, minWidth: 4, paint: (text: string) => paint('cyan', text) },
    { title: 'up', align: 'right' as const, minWidth: 4, paint: (text: string) => paint('cyan', text) },
    {
      title: '_status',
      minWidth: 7,
      paint: (text: string, cell: string) => paint(cell === 'SUCCESS' ? 'green' : 'red', text),
    },
  ];
  const cells = rows.map(({ source, output: answer, status }) => [
    cellText(source['Street address']),
    cellText(source['Postcode']),
    cellText(answer?.['exchange_station']),
    cellText(answer?.['download_speed']),
    cellText(answer?.['upload_speed']),
    status === 'succeeded' ? 'SUCCESS' : 'FAILED',
  ]);
  for (const text of layOutTable(columns, cells, { width: Math.min(output.width, 100), paint })) line(text);
  line();
  // Its data directory goes with the demo, so there is nothing to look into afterwards.
  const shown = keep ? report : { ...report, failures: [] };
  for (const text of reportLines({ ...shown, warnings: [], next_step: '' }, output)) line(text);
  line();
  line(paint('bold', 'Now with the real ones'));
  line(`  export ${exampleKeyVariable()}=…   ${paint('dim', '# a real model')}`);
  line(
    `  export BROADBAND_API_URL=…   ${paint('dim', '# a real lookup service, or write your own agent in agents.yaml')}`,
  );
  line('  rowmill chat');
  if (!keep) return;
  line();
  line(`Kept: ROWMILL_DATA_DIR=${stage.dataDir} rowmill batches trace ${report.batch_id} 0`);
}
