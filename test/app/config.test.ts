import { expect, test } from 'vitest';
import { readConfig } from '../../src/app/config.ts';

const proxyOf = (env: Record<string, string>) =>
  readConfig({ ROWMILL_AGENTS: '/dev/null', ...env }, '/tmp').providers.proxy;

test('takes the proxies of the environment, names in small letters first', () => {
  expect(proxyOf({})).toBeUndefined();
  expect(proxyOf({ NO_PROXY: 'localhost' })).toBeUndefined();
  expect(proxyOf({ HTTPS_PROXY: 'http://one:3128', https_proxy: 'http://two:3128', no_proxy: 'localhost' })).toEqual({
    HTTPS_PROXY: 'http://two:3128',
    NO_PROXY: 'localhost',
  });
});

test('refuses what is not the address of an HTTP proxy', () => {
  for (const address of ['proxy:3128', 'socks5://proxy:1080']) {
    expect(() => proxyOf({ HTTP_PROXY: address })).toThrow('HTTP_PROXY must be the URL of an HTTP proxy, such as');
  }
});
