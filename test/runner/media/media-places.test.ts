import { expect, test } from 'vitest';
import { folderOfTable, mediaFolder, placeOf } from '../../../src/runner/media/media-places.ts';

test('the folder of a table is where its media are', () => {
  expect(folderOfTable('/data/in/t.csv')).toBe('/data/in/');
  expect(folderOfTable('/data/in/*.csv')).toBe('/data/in/');
  expect(folderOfTable('/data/in/')).toBe('/data/in/');
  expect(folderOfTable('/t.csv')).toBe('/');
  expect(folderOfTable('s3://bucket/in/t.csv')).toBe('s3://bucket/in/');
  expect(folderOfTable('https://host.example/in/t.csv?v=1')).toBe('https://host.example/in/');
  expect(folderOfTable('stdin://0123456789abcdef01234567')).toBeUndefined();
});

test('a relative place starts at the first folder', () => {
  const uriOf = (cell: string, folder: string) => placeOf(cell, [mediaFolder(folder)]).uri;
  expect(uriOf('a b.png', '/photos')).toBe('/photos/a b.png');
  expect(uriOf('x/a.png', 's3://bucket/in')).toBe('s3://bucket/in/x/a.png');
  expect(uriOf('a b.png', 'https://host.example/in')).toBe('https://host.example/in/a%20b.png');
  expect(uriOf('file:///photos/a.png', '/photos')).toBe('/photos/a.png');
});

test.each([
  '../a.png',
  '/photos-2/a.png',
  '/etc/passwd',
  'file:///etc/passwd',
  's3://bucket/other/a.png',
  's3://bucket/in/../other/a.png',
  's3://bucket-2/in/a.png',
  'https://host.example/other/a.png',
  'https://host.example/in/../other/a.png',
  'https://host.example/in/%2e%2e/other/a.png',
  'https://host.example/in/..%2fother/a.png',
  'https://host.example.evil.example/in/a.png',
  'http://host.example/in/a.png',
  'ftp://host.example/in/a.png',
  's3://bucket/in/',
])('a place that is not below a folder is refused: %s', (cell) => {
  const folders = ['/photos/', 's3://bucket/in/', 'https://host.example/in/'];
  expect(() => placeOf(cell, folders)).toThrow(/not below|is not a URL/);
});
