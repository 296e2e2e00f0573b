import { expect, test } from 'vitest';
import { missingSdks, requireSdk } from '../../../src/base/process/require-sdk.ts';
import { PROVIDERS } from '../../../src/providers/catalog.ts';

test('names every package that is missing, and the command that installs them', () => {
  expect(() => requireSdk('a table on S3', ['zod', '@plum/sdk', '@plum/upload'])).toThrow(
    expect.objectContaining({
      code: 'config_invalid',
      message:
        'Install @plum/sdk @plum/upload, which a table on S3 needs: npm install @plum/sdk @plum/upload ' +
        '(with -g where rowmill was installed with -g)',
    }),
  );
});

test('takes a package for installed that has no main file, or one that only ES modules may import', () => {
  expect(missingSdks(['fauxqs', '@modelcontextprotocol/sdk', '@plum/sdk'])).toEqual(['@plum/sdk']);
});

test('a checkout has the SDKs of all providers', () => {
  const sdks = PROVIDERS.flatMap((provider) => [...provider.sdks, ...(provider.batchSdks ?? [])]);
  expect(sdks.length).toBeGreaterThan(3);
  expect(missingSdks(sdks)).toEqual([]);
});
