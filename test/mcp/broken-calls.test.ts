import { expect, it } from 'vitest';
import { createSilentLog } from '../../src/base/log.ts';
import { createBrokenCalls } from '../../src/mcp/broken-calls.ts';
import { createMcpHttpHandler } from '../../src/mcp/http.ts';
import { createMcpServerFactory } from '../../src/mcp/server.ts';
import { startRig } from '../tools/rig.ts';

const CALL = { name: 'execute_batch_processor', args: { csv_uri: 'a.csv', target: { name: 'x' } } };

it('gives a call that broke the same key when it is sent again, once and for ten minutes', () => {
  let now = 0;
  const calls = createBrokenCalls({ now: () => now });
  const broken = () => {
    const stop = new AbortController();
    const call = calls.begin(CALL, stop.signal);
    stop.abort();
    call.end();
    return call.idempotencyKey;
  };
  const whole = (args: unknown = CALL.args) => {
    const call = calls.begin({ ...CALL, args }, new AbortController().signal);
    call.end();
    return call.idempotencyKey;
  };
  const first = broken();
  expect(whole({ target: { name: 'x' }, csv_uri: 'b.csv' })).not.toBe(first);
  expect(broken()).toBe(first);
  expect(whole({ target: { name: 'x' }, csv_uri: 'a.csv' })).toBe(first);
  expect(whole()).not.toBe(first);
  const second = broken();
  now += 10 * 60_000;
  expect(whole()).not.toBe(second);
});

it('takes an equal call after an answer for a new one, even if its connection ends later', () => {
  const calls = createBrokenCalls();
  const stop = new AbortController();
  const call = calls.begin(CALL, stop.signal);
  call.end();
  stop.abort();
  expect(calls.begin(CALL, new AbortController().signal).idempotencyKey).not.toBe(call.idempotencyKey);
});

it('starts one batch for a start whose connection breaks and that the client sends again', async () => {
  const rig = await startRig({ drive: false });
  const log = createSilentLog();
  const { fetch, close } = createMcpHttpHandler(createMcpServerFactory({ ...rig, version: '1.0.0', log }), { log });
  const start = async (signal?: AbortSignal) => {
    const params = {
      name: 'execute_batch_processor',
      arguments: { csv_uri: rig.table, target: { type: 'agent', name: 'speed-checker' } },
    };
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    const request = new Request('http://rowmill.test/mcp', {
      method: 'POST',
      headers,
      body,
      ...(signal && { signal }),
    });
    return (await fetch(request)).text();
  };
  const stop = new AbortController();
  const create = rig.runner.create.bind(rig.runner);
  const created = Promise.withResolvers<unknown>();
  // The connection breaks while the start is under way.
  rig.runner.create = (...given) => {
    stop.abort();
    const creating = create(...given);
    created.resolve(creating);
    return creating;
  };
  await start(stop.signal).catch(() => undefined);
  await created.promise;
  expect(await start()).toContain('started before with the same idempotency key');
  expect(await rig.runner.list({ limit: 9 })).toHaveLength(1);
  await close();
  await rig.close();
});
