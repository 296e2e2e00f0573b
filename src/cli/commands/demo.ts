import { type Command, Option } from 'commander';
import { AppError, type ErrorCode } from '../../base/errors.ts';
import { exampleKeyVariable } from '../../providers/catalog.ts';
import type { BatchReport } from '../../runner/contract/report/report.ts';
import type { App } from '../app.ts';
import { numberArgument } from '../arguments/mapping-arguments.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { demoMongo } from '../demo/demo-mongo.ts';
import { type DemoStage, setDemoStage } from '../demo/demo-stage.ts';
import { playDemo } from '../demo/demo-talk.ts';
import { serveDemo } from '../demo/demo-web.ts';
import { EXIT } from '../exit-codes.ts';
import { listenForStop, type Stop } from '../signals.ts';
import { reportLines } from '../terminal/report-text.ts';
import { cellText } from '../terminal/safe-text.ts';
import { layOutTable } from '../terminal/terminal-table.ts';

interface DemoArguments {
  out?: string;
  keep?: boolean;
  web?: boolean;
  mongo?: string;
  port: number;
}

/** `rowmill demo`: the complete main job on bundled data, without a key. */
export function addDemoCommand(command: Command, context: CommandContext): void {
  command
    .option('-o, --out <path>', 'where the table goes (default: addresses-broadband.csv, here)')
    .option('--keep', 'keep the demo’s data directory, to inspect its batch afterwards')
    .option('--web', 'in the browser instead: serve the workbench with the table and a draft that is ready to start')
    .option(
      '--mongo <uri>',
      'over a collection of your MongoDB server instead: mongodb://host/database, which gets two collections',
    )
    .addOption(
      new Option('-p, --port <port>', 'with --web: port to listen on; 0: any free port')
        .argParser(numberArgument('--port', { integer: true, min: 0, max: 65_535 }))
        .default(8787),
    )
    .addHelpText('after', HELP)
    .action((given: DemoArguments) => context.run((output) => demo(given, context, output)));
}

const HELP = `
Plays a conversation with the orchestrator about 14 invented addresses. Scripts
replace the models, and a small local service replaces the lookup, so the demo
needs no key and costs nothing. Everything else is the real program.

With --mongo, it classifies invented support queries in a collection that it
makes on your server; a script replaces the model. Credentials belong in
ROWMILL_MONGODB_URI.

With --web, the same table, agent and stand-ins wait in the workbench, and
nothing runs until you start it there.`;

async function demo(given: DemoArguments, context: CommandContext, output: Output): Promise<number> {
  if (given.mongo !== undefined) {
    if (given.web === true || given.out !== undefined) {
      throw new AppError('invalid_arguments', 'With --mongo, results are documents: leave --web and --out out.');
    }
    return demoMongo(given.mongo, { context, output, keep: given.keep === true });
  }
  if (given.web === true && given.out !== undefined) {
    throw new AppError('invalid_arguments', 'With --web, the page exports the table: leave --out out.');
  }
  const stage = await setDemoStage(context.io.cwd, given.out);
  const stop = listenForStop(context.signals, {
    onFirst: () => output.note('Ending the demo.'),
    onSecond: () => undefined,
  });
  let app: App | undefined;
  try {
    app = await context.app({ environment: stage.environment, drives: true });
    introduce(stage, output, given.web === true ? 'in the browser' : 'by chat');
    if (given.web === true) {
      await serveDemo(app, stage, { context, output, stop, port: given.port });
      return EXIT.completed;
    }
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

function introduce(stage: DemoStage, { line, paint }: Output, where: string): void {
  line(paint('bold', `Rowmill demo: run an agent over every row of a table, ${where}`));
  line();
  line(paint('yellow', 'Two parts of this demo are stand-ins:'));
  line(`  scripts (examples/demo/*.script.yaml) replace the models`);
  line(`  a local service (${stage.lookup.url}) with invented addresses replaces the broadband register`);
  line(paint('dim', 'Everything else is the real program: conversation, tools, runner, store and tables.'));
  line();
}

/** Plays the conversation while this process drives the batches. Undefined when a signal ended it. */
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
  // Without `keep` the data directory is deleted, so commands that inspect failed rows would not work.
  const shown = keep ? report : { ...report, failures: [] };
  for (const text of reportLines({ ...shown, warnings: [], next_step: '' }, output)) line(text);
  line();
  line(paint('bold', 'Next, with a real model and a real lookup service'));
  line(`  export ${exampleKeyVariable()}=…   ${paint('dim', '# a real model')}`);
  line(
    `  export BROADBAND_API_URL=…   ${paint('dim', '# a real lookup service, or write your own agent in agents.yaml')}`,
  );
  line('  rowmill chat');
  if (!keep) return;
  line();
  line(`Kept: ROWMILL_DATA_DIR=${stage.dataDir} rowmill batches trace ${report.batch_id} 0`);
}
