import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { HttpFace } from '../../face.ts';
import type { HttpEnv } from '../../http-env.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import { statusOf } from '../../middleware/error-status.ts';
import { openAiError } from '../../openai-error.ts';
import { completionChunks, wholeCompletion } from './completion-answer.ts';
import { type CompletionRequest, clientMessages, completionRequest } from './completion-request.ts';
import { type AnswerEvent, answerOf, type ModelParts, ORCHESTRATOR } from './model-answers.ts';
import type { OpenTurns } from './open-turns.ts';
import { speakerOf } from './speaker-of.ts';

/** What the routes for clients of OpenAI's API need. */
export interface CompletionParts extends ModelParts {
  newId: (prefix: string) => string;
  /** Milliseconds since the epoch. */
  now: () => number;
}

const fault = {
  description: 'What went wrong, in the shape of OpenAI’s API.',
  content: {
    'application/json': {
      schema: z
        .object({
          error: z.object({
            message: z.string(),
            type: z.string(),
            param: z.string().nullable(),
            code: z.string().openapi({ description: 'A stable code; docs/errors.md lists them.' }),
          }),
        })
        .openapi('OpenAiError'),
    },
  },
};
const FAULTS = { '4XX': fault, '5XX': fault };

const modelList = z
  .object({
    object: z.literal('list'),
    data: z.array(z.object({ id: z.string(), object: z.literal('model'), created: z.number(), owned_by: z.string() })),
  })
  .openapi('ModelList');

/** `POST /v1/chat/completions` and `GET /v1/models`, in the shape of OpenAI's API. */
export function addCompletionRoutes({ app, limitBody, streams }: HttpFace, parts: CompletionParts, turns: OpenTurns) {
  const complete = createRoute({
    method: 'post',
    path: '/v1/chat/completions',
    operationId: 'createChatCompletion',
    tags: ['chat'],
    summary: 'Talk to the orchestrator, or run an agent once, as clients of OpenAI’s API do',
    description:
      'With `stream`, the answer is chunks as server-sent events, then `[DONE]`. The client sends the whole history; one that continues an answer of this server continues its conversation.',
    middleware: [callerNeeds('run'), limitBody(4)],
    request: { body: { required: true, content: { 'application/json': { schema: completionRequest } } } },
    responses: {
      200: {
        description: 'The answer.',
        content: {
          'application/json': { schema: z.looseObject({}).openapi('ChatCompletion', { type: 'object' }) },
          'text/event-stream': { schema: z.object({ data: z.string() }) },
        },
      },
      ...FAULTS,
    },
  });
  app.openapi(complete, (c) => answer(c, c.req.valid('json'), { ...parts, streams, turns }) as never);

  const models = createRoute({
    method: 'get',
    path: '/v1/models',
    operationId: 'listModels',
    tags: ['chat'],
    summary: 'The agents as models; the orchestrator first',
    middleware: [callerNeeds('read')],
    responses: {
      200: { description: 'The models.', content: { 'application/json': { schema: modelList } } },
      ...FAULTS,
    },
  });
  app.openapi(models, async (c) => {
    const agents = (await parts.registry.list()).filter(({ model }) => model.dimensions === undefined);
    const names = [...new Set([ORCHESTRATOR, ...agents.map(({ name }) => name)])];
    const data = names.map((id) => ({ id, object: 'model' as const, created: 0, owned_by: 'rowmill' }));
    return c.json({ object: 'list' as const, data }, 200);
  });
}

async function answer(
  c: Context<HttpEnv>,
  request: CompletionRequest,
  parts: CompletionParts & { streams: HttpFace['streams']; turns: OpenTurns },
): Promise<Response> {
  const { streams, turns } = parts;
  const messages = clientMessages(request);
  const leave = turns.enter();
  const left = new AbortController();
  const signal = AbortSignal.any([c.req.raw.signal, left.signal, turns.stopping]);
  const caller = c.get('caller');
  const ask = { model: request.model, messages, user: request.user ?? undefined, caller, signal };
  const events = answerOf(parts, { ...ask, speaker: speakerOf(caller) });
  const head = { id: parts.newId('chatcmpl'), created: Math.floor(parts.now() / 1000), model: request.model };
  if (request.stream !== true) {
    const whole = wholeCompletion(events, head);
    void turns.track(whole.then(leave, leave));
    const result = await whole;
    return 'error' in result ? refuse(c, result.error) : c.json(result.completion);
  }
  const first = await events.next().catch((thrown: unknown) => {
    leave();
    throw thrown;
  });
  if (first.done !== true && first.value.type === 'error') {
    await events.return();
    leave();
    return refuse(c, first.value);
  }
  const withUsage = request.stream_options?.include_usage === true;
  return streams.sendAll(c, completionChunks(fromFirst(first, events), head, { withUsage }), {
    onLeft: () => left.abort(),
    track: (stream) => turns.track(stream.finally(leave)),
  });
}

function refuse(c: Context<HttpEnv>, error: Extract<AnswerEvent, { type: 'error' }>): Response {
  const status = statusOf(error.code) as ContentfulStatusCode;
  return c.json(openAiError(error, status), status);
}

/** The events of an answer, the first one of which is read already. */
async function* fromFirst(
  first: IteratorResult<AnswerEvent, void>,
  events: AsyncIterator<AnswerEvent, void>,
): AsyncGenerator<AnswerEvent, void, undefined> {
  for (let next = first; next.done !== true; next = await events.next()) yield next.value;
}
