import { createRoute, z } from '@hono/zod-openapi';
import { strict } from '../../base/schema/strict-object.ts';
import { previewRequest, renderedRow, renderRequest, tablePreview } from '../../runner/contract/request/preview.ts';
import { countText } from '../../runner/forecast/request-tokens.ts';
import { previewTable } from '../../runner/intake/table/preview-table.ts';
import { analyzeInput, analyzeTable, tableAnalysis } from '../../tools/analyze-csv-structure.ts';
import { eventContent } from '../event-content.ts';
import type { HttpFace } from '../face.ts';
import { callerNeeds } from '../middleware/caller-needs.ts';
import type { StartParts } from '../parts.ts';
import { FAULTS } from '../problem.ts';
import { progressEvents } from '../progress-events.ts';

const tags = ['tables'];
const { csv_uri: _, csv_s3_uri: __, ...howToAnalyze } = analyzeInput.shape;
const analyzeRequest = strict({ csv_uri: renderRequest.shape.csv_uri, ...howToAnalyze }).meta({
  id: 'AnalyzeRequest',
});
const analysis = tableAnalysis.omit({ next_step: true }).meta({ id: 'TableAnalysis' });
const countRequest = strict({
  text: z.string().openapi({ description: 'The text to count.' }),
  provider: z
    .string()
    .max(50)
    .exactOptional()
    .openapi({ description: 'Counts as the tokenizer of this provider does; else as most do.' }),
});

function bodyOf<Schema extends z.ZodType>(schema: Schema) {
  return { body: { required: true, content: { 'application/json': { schema } } } };
}

/** `/v1/tables`: looking at tables before anything runs. Nothing here calls a model. */
export function addTableRoutes({ app, limitBody, streams }: HttpFace, { runnerOf, tablesOf }: StartParts): void {
  const middleware = [callerNeeds('read'), limitBody(4)];
  const analyze = createRoute({
    method: 'post',
    path: '/v1/tables/analyze',
    operationId: 'analyzeTable',
    tags,
    summary: 'Analyse a table in one pass',
    description:
      'With Accept: text/event-stream the answer is a stream: progress events with the rows read so far, then the event result. Closing the stream ends the analysis.',
    middleware,
    request: bodyOf(analyzeRequest),
    responses: {
      200: {
        description: 'The analysis.',
        content: { 'application/json': { schema: analysis }, ...eventContent() },
      },
      ...FAULTS,
    },
  });
  app.openapi(analyze, async (c) => {
    const body = c.req.valid('json');
    const tables = tablesOf(c.get('caller'));
    const run = async (signal: AbortSignal, onProgress?: (progress: { done: number; total?: number }) => void) => {
      const { next_step: ___, ...found } = await analyzeTable(body, tables, {
        signal,
        ...(onProgress !== undefined && { onProgress }),
      });
      return found;
    };
    if (!/\btext\/event-stream\b/.test(c.req.header('accept') ?? '')) return c.json(await run(c.req.raw.signal), 200);
    // A table that can not be opened is answered with its status, before the stream starts.
    await previewTable({ ...body, place: 0, limit: 1 }, tables, c.req.raw.signal);
    return streams.send(c, ({ signal }) => progressEvents(signal, run));
  });

  const preview = createRoute({
    method: 'post',
    path: '/v1/tables/preview',
    operationId: 'previewTable',
    tags,
    summary: 'Read rows of a table at a place',
    middleware,
    request: bodyOf(previewRequest.meta({ id: 'PreviewRequest' })),
    responses: {
      200: {
        description: 'The rows.',
        content: { 'application/json': { schema: tablePreview.meta({ id: 'TablePreview' }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(preview, async (c) =>
    c.json(await previewTable(c.req.valid('json'), tablesOf(c.get('caller')), c.req.raw.signal), 200),
  );

  const render = createRoute({
    method: 'post',
    path: '/v1/tables/render',
    operationId: 'renderRow',
    tags,
    summary: 'Show what one row sends to the model',
    description: "Made by the row's own run up to its first call: input, prompt and tokens are those of a batch.",
    middleware,
    request: bodyOf(renderRequest.meta({ id: 'RenderRequest' })),
    responses: {
      200: {
        description: 'The input and the prompt of the row.',
        content: { 'application/json': { schema: renderedRow.meta({ id: 'RenderedRow' }) } },
      },
      ...FAULTS,
    },
  });
  app.openapi(render, async (c) => c.json(await runnerOf(c.get('caller')).render(c.req.valid('json')), 200));

  const tokens = createRoute({
    method: 'post',
    path: '/v1/tokens',
    operationId: 'countTokens',
    tags,
    summary: 'Count the tokens of a text',
    description: 'By the counter of the estimates: within about 20 %.',
    middleware,
    request: bodyOf(countRequest.meta({ id: 'TokenRequest' })),
    responses: {
      200: { description: 'The count.', content: { 'application/json': { schema: z.object({ tokens: z.number() }) } } },
      ...FAULTS,
    },
  });
  app.openapi(tokens, (c) => {
    const { text, provider } = c.req.valid('json');
    return c.json({ tokens: countText(text, provider) }, 200);
  });
}
