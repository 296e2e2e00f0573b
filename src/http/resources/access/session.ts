import { createRoute, z } from '@hono/zod-openapi';
import type { Access } from '../../../access/access.ts';
import { AppError } from '../../../base/errors.ts';
import { strict } from '../../../base/schema/strict-object.ts';
import { type Caller, caller } from '../../../runner/contract/caller.ts';
import type { HttpFace } from '../../face.ts';
import { clearSession, sessionToken, setSession } from '../../middleware/session-cookie.ts';
import { FAULTS } from '../../problem.ts';

/** Where a browser signs in; only signing in needs no key. */
export const SESSION_PATH = '/v1/session';

const session = caller.omit({ face: true }).openapi('Session');
const answer = { description: 'Who is signed in.', content: { 'application/json': { schema: session } } };
const signIn = strict({ key: z.string().min(1).max(500).openapi({ description: 'A key of the server.' }) });
const tags = ['access'];

/** Signing in with a key, for browsers: an `EventSource` and a page's links send no bearer header. */
export function addSessionRoutes({ app, limitBody }: HttpFace, access: Access): void {
  const open = createRoute({
    method: 'post',
    path: SESSION_PATH,
    operationId: 'signIn',
    tags,
    summary: 'Sign a browser in',
    description: 'Exchanges a key for a cookie that scripts can not read. Only a page of this server may ask.',
    security: [],
    middleware: limitBody(1),
    request: { body: { required: true, content: { 'application/json': { schema: signIn.openapi('SignIn') } } } },
    responses: { 200: answer, ...FAULTS },
  });
  app.openapi(open, async (c) => {
    if (c.req.header('origin') === undefined) {
      throw new AppError('forbidden_host', 'A browser signs in from a page of this server. A program sends its key.');
    }
    const found = await access.identify(c.req.valid('json').key, 'http');
    if (found === undefined) {
      const fault = { place: 'body.key', message: 'The key is unknown.' };
      throw new AppError('unauthorized', 'The key is unknown: sign in with a key of this server.', { faults: [fault] });
    }
    const { token, expiresAt } = await access.sessions.open(found);
    setSession(c, token, expiresAt);
    return c.json(shown(found), 200);
  });

  const read = createRoute({
    method: 'get',
    path: SESSION_PATH,
    operationId: 'readSession',
    tags,
    summary: 'Who is signed in',
    responses: { 200: answer, ...FAULTS },
  });
  app.openapi(read, (c) => c.json(shown(c.get('caller')), 200));

  const close = createRoute({
    method: 'delete',
    path: SESSION_PATH,
    operationId: 'signOut',
    tags,
    summary: 'Sign a browser out',
    responses: { 204: { description: 'Signed out.' }, ...FAULTS },
  });
  app.openapi(close, async (c) => {
    const token = sessionToken(c);
    if (token !== undefined) await access.sessions.close(token, c.get('caller'));
    clearSession(c);
    return c.body(null, 204);
  });
}

function shown({ face: _, ...who }: Caller) {
  return who;
}
