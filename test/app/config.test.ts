import { expect, test } from 'vitest';
import { readConfig } from '../../src/app/config.ts';
import { bytes } from '../../src/base/figures.ts';

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

test('takes the place of results as a folder or a prefix', () => {
  const resultsOf = (value?: string) =>
    readConfig({ ROWMILL_AGENTS: '/dev/null', ...(value !== undefined && { ROWMILL_RESULTS: value }) }, '/tmp')
      .resultsUri;
  expect(resultsOf()).toBeNull();
  expect(resultsOf('out')).toBe('/tmp/out/');
  expect(resultsOf('/srv/out/')).toBe('/srv/out/');
  expect(resultsOf('s3://bucket/results')).toBe('s3://bucket/results/');
  expect(() => resultsOf('https://example.org/')).toThrow('ROWMILL_RESULTS is "https://example.org/"; write a folder');
});

test('takes hosts that may be read although their address is private', () => {
  const hostsOf = (value: string) =>
    readConfig({ ROWMILL_AGENTS: '/dev/null', ROWMILL_HTTP_SOURCES: value }, '/tmp').httpSources;
  expect(hostsOf('Files.Example.internal, 10.0.0.7,,[::1]')).toEqual(['files.example.internal', '10.0.0.7', '[::1]']);
  expect(() => hostsOf('https://x/')).toThrow('ROWMILL_HTTP_SOURCES must be host names with commas');
});

test('counts a gigabyte as the figures of the page and of the command line do: 1,000,000,000 bytes', () => {
  const config = (env: Record<string, string>) => readConfig({ ROWMILL_AGENTS: '/dev/null', ...env }, '/tmp');
  const { uploads, maxDecodedBytes } = config({ ROWMILL_UPLOAD_MAX_GB: '4', ROWMILL_UPLOADS_TOTAL_GB: '20' });
  expect([uploads.maxBytes, uploads.maxTotalBytes, maxDecodedBytes].map(bytes)).toEqual(['4 GB', '20 GB', '4 GB']);
  expect(config({ ROWMILL_MAX_DECODED_GB: '0.5' }).maxDecodedBytes).toBe(500_000_000);
});
