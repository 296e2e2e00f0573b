import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentDefinition } from '../../agent/definition.ts';
import { withoutCredentials } from '../../base/addresses/without-credentials.ts';
import { AppError } from '../../base/errors.ts';
import { PACKAGE_ROOT } from '../../base/process/package-root.ts';
import { exampleKeyVariable } from '../../providers/catalog.ts';
import { createYamlRegistry } from '../../registry/yaml-registry.ts';
import type { App } from '../app.ts';
import type { CommandContext, Output } from '../command-context.ts';
import { openForeground } from '../foreground.ts';
import { bundledQueries } from '../mongo/support-queries.ts';
import { cellText } from '../terminal/safe-text.ts';
import { showResult } from '../terminal/show-result.ts';
import { layOutTable } from '../terminal/terminal-table.ts';

/** Queries that one demo classifies. */
const QUERIES = 24;
const [SOURCE, TARGET] = ['rowmill_demo_queries', 'rowmill_demo_results'];
/** The columns of the shown rows, of the document or the answer. */
const SHOWN = ['query_id', 'channel', 'language', 'intent', 'topic', 'sentiment'] as const;

/** `rowmill demo --mongo URI`: classifies bundled queries in a collection of the person's server. */
export async function demoMongo(
  uri: string,
  { context, output, keep }: { context: CommandContext; output: Output; keep: boolean },
): Promise<number> {
  const server = serverOf(uri);
  const dataDir = await mkdtemp(join(tmpdir(), 'rowmill-demo-'));
  let app: App | undefined;
  try {
    app = await context.app({
      agents: [await scriptedClassifier()],
      environment: {
        ROWMILL_DATA_DIR: dataDir,
        ...(isNamed(context) ? {} : { ROWMILL_MONGODB_URI: server }),
      },
    });
    return await perform(app, server, { context, output });
  } finally {
    await app?.close();
    if (keep) output.note(`Kept: ROWMILL_DATA_DIR=${dataDir}`);
    else await rm(dataDir, { recursive: true, force: true });
  }
}

/** Whether the server, with its credentials, is that of the environment. */
function isNamed({ env }: CommandContext): boolean {
  return env['ROWMILL_MONGODB_URI'] !== undefined && env['ROWMILL_MONGODB_URI'] !== '';
}

/** @throws AppError `uri_invalid` for another URI, and for credentials in it */
function serverOf(uri: string): string {
  const [, server, database] = /^(mongodb(?:\+srv)?:\/\/[^/?#]+)(?:\/([^?#/]*))?/i.exec(uri) ?? [];
  if (server === undefined) {
    throw new AppError('uri_invalid', `--mongo ${uri} is no server: write mongodb://HOST/ or mongodb://HOST/DATABASE.`);
  }
  if (withoutCredentials(uri) !== uri) {
    const fix = 'set ROWMILL_MONGODB_URI to the URI of the server with its credentials';
    throw new AppError('uri_invalid', `Leave the credentials out of --mongo: ${fix}.`);
  }
  return `${server}/${database || 'test'}`;
}

/** The agent that ships, with a script in place of its model. */
async function scriptedClassifier(): Promise<AgentDefinition> {
  const agent = await createYamlRegistry(join(PACKAGE_ROOT, 'agents.yaml')).find('query-classifier');
  if (agent === undefined) throw new AppError('agent_not_found', 'The agent query-classifier is missing.');
  const model = join(PACKAGE_ROOT, 'examples', 'demo', 'query-classifier.script.yaml');
  return { ...agent, model: { ...agent.model, provider: 'scripted', model } };
}

async function perform(
  app: App,
  server: string,
  { context, output }: { context: CommandContext; output: Output },
): Promise<number> {
  const { line, paint } = output;
  const [source, target] = [`${server}/${SOURCE}`, `${server}/${TARGET}`];
  line(paint('bold', 'Rowmill demo: classify the support queries of a collection'));
  line();
  line(paint('yellow', 'One part of this demo is a stand-in:'));
  line('  a script (examples/demo/query-classifier.script.yaml) replaces the model');
  line(paint('dim', 'Everything else is the real program, on your server.'));
  line();
  const imported = await importNew(app, source);
  line(
    `${imported} invented queries are in ${paint('cyan', source)}. They are classified into ${paint('cyan', target)}.`,
  );
  line();
  const foreground = openForeground(context, output);
  try {
    const { report } = await foreground.before(
      app.runner.create({
        csv_uri: source,
        target: { type: 'agent', name: 'query-classifier' },
        output_uri: target,
        options: { concurrency: 4, mode: 'realtime' },
      }),
    );
    const result = await foreground.drive(app, report.batch_id);
    await showRows(app, report.batch_id, output);
    const code = await showResult({ ...result, report: { ...result.report, warnings: [] } }, output, {
      app,
      file: undefined,
    });
    line();
    line(paint('bold', 'Next, with a real model'));
    line(`  export ${exampleKeyVariable()}=…`);
    if (!isNamed(context)) line(`  export ROWMILL_MONGODB_URI=${server}`);
    line('  rowmill mongo import --count 100');
    line(`  rowmill run ${server}/conversation_set --agent query-classifier \\`);
    line(`    --out ${server}/sentimental_analysis --sample 5`);
    line(paint('dim', `The demo's two collections stay: remove ${SOURCE} and ${TARGET} when you have looked at them.`));
    return code;
  } finally {
    foreground.close();
  }
}

/** Imports the next queries that earlier demos have not imported; resolves to their number. */
async function importNew(app: App, source: string): Promise<number> {
  for (let from = 0; ; from += QUERIES) {
    const { inserted } = await app.importDocuments(bundledQueries({ from, count: QUERIES }), source);
    if (inserted > 0) return inserted;
  }
}

async function showRows(app: App, batchId: string, { line, width, paint }: Output): Promise<void> {
  const { rows } = await app.runner.rows(batchId, { limit: QUERIES });
  const columns = SHOWN.map((title, at) => ({
    title,
    minWidth: 8,
    ...(at > 2 && { paint: (text: string) => paint('cyan', text) }),
  }));
  const cells = rows.map(({ source, output }) => SHOWN.map((name) => cellText(output?.[name] ?? source[name])));
  for (const text of layOutTable(columns, cells, { width: Math.min(width, 100), paint })) line(text);
  line();
}
