import { expect, test } from 'vitest';
import { withoutCredentials } from '../../../src/base/addresses/without-credentials.ts';

test.each([
  ['mongodb://user:pass@host:27017/db/c', 'mongodb://host:27017/db/c'],
  ['mongodb+srv://user:p%40ss@host/db?retryWrites=true', 'mongodb+srv://host/db?retryWrites=true'],
  ['mongodb://user:p@ss@h1:1,h2:2/db', 'mongodb://h1:1,h2:2/db'],
  ['mongodb://user:pa/ss@host/db', 'mongodb://host/db'],
  ['mongodb://user:pa?ss@host/db', 'mongodb://host/db'],
  ['mongodb://user:p@s/s@host/db', 'mongodb://host/db'],
  ['https://token@host/a.csv', 'https://host/a.csv'],
  ['https://user:pass@host/a.csv?email=a@b', 'https://host/a.csv?email=a@b'],
  ['HTTPS://h/a.csv?x=1&X-Amz-Signature=abc&y=2', 'HTTPS://h/a.csv?x=1&X-Amz-Signature=***&y=2'],
  [
    'https://h/a?sig=a=b&token=c&api_key=d&Access_Token=e',
    'https://h/a?sig=***&token=***&api_key=***&Access_Token=***',
  ],
  ['https://h/a?%73ig=abc', 'https://h/a?%73ig=***'],
  ['s3://bucket/key.csv?X-Amz-Security-Token=abc', 's3://bucket/key.csv?X-Amz-Security-Token=***'],
])('%s is shown as %s', (uri, shown) => {
  expect(withoutCredentials(uri)).toBe(shown);
  expect(withoutCredentials(shown)).toBe(shown);
});

test.each([
  '/data/a@b.csv',
  'table?token=x.csv',
  'file:///data/a@b.csv?sig=1',
  's3://bucket/a@b.csv',
  's3://bucket/a b?x=1&y',
  'mongodb://h1:27017,h2:27017/db/c?replicaSet=r',
  'http://[::1]:80/a@b',
  'https://h/a?%zz=1',
])('%s has nothing to hide', (uri) => {
  expect(withoutCredentials(uri)).toBe(uri);
});
