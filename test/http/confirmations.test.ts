import { describe, expect, it } from 'vitest';
import { createHttpApp } from '../../src/http/app.ts';
import type { Confirmations, Consent } from '../../src/tools/execute/confirmations.ts';
import { httpParts, JSON_HEADERS, noConfirmations } from './http-parts.ts';

const HOST = 'localhost:8787';
const OWN = { ...JSON_HEADERS, host: HOST, origin: `http://${HOST}` };
const QUESTION: Consent = {
  ...{ token: 't', code: 'ABCD-EFGH', title: 'Start costly@v1 over a.csv', expectedUsd: 12, expiresAt: 0 },
  isAgreed: false,
};

function start(apiKeys: string[] = []) {
  const agreed: string[] = [];
  const confirmations: Confirmations = {
    ...noConfirmations(),
    find: async (by) => ('code' in by && by.code === QUESTION.code ? QUESTION : undefined),
    agree: async (code) => agreed.push(code) > 0,
  };
  const app = createHttpApp(httpParts({ confirmationsOf: () => confirmations, apiKeys }));
  const agree = (headers: Record<string, string>, body = '{"agree":true}', code = QUESTION.code) =>
    app.request(`/v1/confirmations/${code}`, { method: 'POST', headers, body });
  return { app, agreed, agree };
}

describe('agreeing on a page', () => {
  it('shows what will be started, and records the yes of the page itself', async () => {
    const { app, agreed, agree } = start();
    const shown = await app.request(`/v1/confirmations/${QUESTION.code}`, { headers: { host: HOST } });
    expect(await shown.json()).toMatchObject({ title: QUESTION.title, expected_usd: 12, is_agreed: false });
    expect(await (await agree(OWN)).json()).toMatchObject({ is_agreed: true });
    expect(agreed).toEqual([QUESTION.code]);
  });

  it.each([
    ['no Origin', { ...JSON_HEADERS, host: HOST }],
    ['another program of the machine', { ...OWN, origin: 'http://localhost:3000' }],
    ['another site', { ...OWN, origin: 'https://evil.example' }],
    ['a sandboxed frame', { ...OWN, origin: 'null' }],
  ])('takes no yes from %s', async (_who, headers) => {
    const { agreed, agree } = start();
    expect((await agree(headers)).status).toBe(403);
    expect(agreed).toEqual([]);
  });

  it('takes no form, no other body and no unknown code', async () => {
    const { agreed, agree } = start();
    const form = { ...OWN, 'content-type': 'application/x-www-form-urlencoded' };
    expect((await agree(form, 'agree=true')).status).toBe(415);
    expect((await agree(OWN, '{"agree":false}')).status).toBe(400);
    expect((await agree(OWN, undefined, 'WXYZ-WXYZ')).status).toBe(404);
    expect(agreed).toEqual([]);
  });

  it('needs the key of the REST API, where there are keys; the page itself shows nothing', async () => {
    const { app, agreed, agree } = start(['secret']);
    expect((await agree(OWN)).status).toBe(401);
    expect((await app.request(`/v1/confirmations/${QUESTION.code}`, { headers: { host: HOST } })).status).toBe(401);
    const page = await app.request(`/confirm/${QUESTION.code}`, { headers: { host: HOST } });
    expect(page.status).toBe(200);
    expect(await page.text()).not.toContain(QUESTION.title);
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
    expect((await agree({ ...OWN, authorization: 'Bearer secret' })).status).toBe(200);
    expect(agreed).toEqual([QUESTION.code]);
  });
});
