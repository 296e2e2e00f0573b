import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { isoTime } from '../../../base/clock.ts';
import { AppError } from '../../../base/errors.ts';
import { strict } from '../../../base/schema/strict-object.ts';
import type { Confirmations, Consent } from '../../../tools/execute/confirmations.ts';
import type { HttpFace } from '../../face.ts';
import { callerNeeds } from '../../middleware/caller-needs.ts';
import { hostOf } from '../../middleware/host-guard.ts';
import type { TalkParts } from '../../parts.ts';
import { FAULTS } from '../../problem.ts';
import { CONFIRM_PAGE, confirmPage } from './confirm-page.ts';

const confirmation = z
  .object({
    title: z.string().describe('What will be started.'),
    expected_usd: z
      .number()
      .nullable()
      .describe('The cost in dollars, at the high end of the estimate; null when unknown.'),
    expires_at: z.string().describe('ISO 8601.'),
    is_agreed: z.boolean().describe('Whether a person has agreed.'),
  })
  .openapi('Confirmation');

const params = z.object({ code: z.string().min(1).max(40) });
const agreement = strict({ agree: z.literal(true) });
const answers = {
  200: { description: 'The question.', content: { 'application/json': { schema: confirmation } } },
  ...FAULTS,
};

/** The page on which a person agrees to spending, and the routes behind it. */
export function addConfirmationRoutes(
  { app, limitBody }: HttpFace,
  confirmationsOf: TalkParts['confirmationsOf'],
): void {
  const read = createRoute({
    method: 'get',
    path: '/v1/confirmations/{code}',
    operationId: 'readConfirmation',
    tags: ['confirmations'],
    summary: 'What a model asked a person to agree to',
    request: { params },
    responses: answers,
  });
  app.openapi(read, async (c) =>
    c.json(await readConfirmation(c.req.valid('param').code, confirmationsOf(c.get('caller'))), 200),
  );

  const agree = createRoute({
    method: 'post',
    path: '/v1/confirmations/{code}',
    operationId: 'agreeToConfirmation',
    tags: ['confirmations'],
    summary: 'Agree to it, as a person on the page /confirm/CODE',
    middleware: [callerNeeds('run'), limitBody(1)],
    request: { params, body: { required: true, content: { 'application/json': { schema: agreement } } } },
    responses: answers,
  });
  app.openapi(agree, async (c) =>
    c.json(await agreeToConfirmation(c, c.req.valid('param').code, confirmationsOf(c.get('caller'))), 200),
  );
  app.get(`${CONFIRM_PAGE}:code`, confirmPage);
}

/** @throws AppError `not_found` */
async function readConfirmation(code: string, confirmations: Confirmations) {
  const consent = await confirmations.find({ code });
  if (consent === undefined) throw noSuchQuestion();
  return shown(consent);
}

/**
 * Records a person's yes, only from the page itself: its `Origin` has to be this very server, not another program of the
 * machine.
 * @throws AppError `forbidden_host`, `not_found`
 */
async function agreeToConfirmation(c: Context, code: string, confirmations: Confirmations) {
  if (URL.parse(c.req.header('origin') ?? '')?.host !== hostOf(c)) {
    throw new AppError('forbidden_host', 'A person agrees on the page /confirm/CODE of this server, in a browser.');
  }
  const consent = await confirmations.find({ code });
  if (consent === undefined || !(await confirmations.agree(code))) throw noSuchQuestion();
  return shown({ ...consent, isAgreed: true });
}

function shown({ title, expectedUsd, expiresAt, isAgreed }: Consent) {
  return {
    title,
    expected_usd: expectedUsd,
    expires_at: isoTime(expiresAt),
    is_agreed: isAgreed,
  };
}

function noSuchQuestion(): AppError {
  return new AppError(
    'not_found',
    'There is no open question with this code: it was used, or it has expired. Let the model ask again.',
  );
}
