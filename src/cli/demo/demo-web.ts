import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { localCaller } from '../../runner/contract/caller.ts';
import type { App } from '../app.ts';
import type { CommandContext, Output } from '../command-context.ts';
import type { Stop } from '../signals.ts';
import type { DemoStage } from './demo-stage.ts';

/** Shown on every page of the demo, so that nobody takes its answers for those of a model. */
const NOTICE =
  'This is the demo: scripts replace the models, and a local service with invented addresses replaces the broadband register. Nothing is sent anywhere, and nothing costs.';

/** The batch request of the draft: everything but the start. */
const REQUEST = {
  target: { type: 'agent', name: 'broadband-checker-structured-v2' },
  input_mapping: { address: '{% `Street address` & ", " & Town %}', postcode: 'Postcode' },
  name: 'Broadband of our customers',
  options: { mode: 'realtime' },
};

/** Serves the workbench with the bundled table and a draft over it, until a signal stops it. */
export async function serveDemo(
  app: App,
  stage: DemoStage,
  given: { context: CommandContext; output: Output; stop: Stop; port: number },
): Promise<void> {
  const { context, output, stop, port } = given;
  const { signal, hardSignal } = stop;
  const draftId = await createDraft(app, stage);
  const options = { host: '127.0.0.1', port, signal, hardSignal, notice: NOTICE };
  const face = await context.faces.http(app, options);
  const draft = `${face.url}/new/${draftId}/review`;
  output.document({ url: face.url, draft, draft_id: draftId });
  output.line(`Open ${output.paint('cyan', draft)}`);
  output.line('  The table is uploaded and the agent is chosen: look through the steps, then start it.');
  output.note('Ctrl-C ends the demo.');
  await Promise.all([app.supervise({ signal, hardSignal, untilIdle: false }), app.keepSchedules(signal), face.closed]);
}

/** Uploads the table as a browser would, and keeps a request for it. */
async function createDraft(app: App, stage: DemoStage): Promise<string> {
  const owner = localCaller('http').id;
  const announced = { name: basename(stage.source), bytes: undefined };
  const upload = await app.uploads.receive(announced, owner, { body: createReadStream(stage.source) });
  const { draft_id: id } = await app.drafts.create({
    name: REQUEST.name,
    request: { ...REQUEST, csv_uri: upload.uri },
  });
  return id;
}
