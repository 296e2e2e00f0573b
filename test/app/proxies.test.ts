import { expect, test } from 'vitest';
import { useProxies } from '../../src/app/proxies.ts';
import { createLog } from '../../src/base/log.ts';

const log = createLog('silent');

test('hands the proxies of the environment to Node, and does nothing without one', async () => {
  const given: unknown[] = [];
  const set = async () => (proxy: unknown) => {
    given.push(proxy);
    return () => undefined;
  };
  await useProxies(undefined, log, set);
  await useProxies({ HTTPS_PROXY: 'http://proxy:3128' }, log, set);
  expect(given).toEqual([{ HTTPS_PROXY: 'http://proxy:3128' }]);
});
