import { describe, expect, it } from 'vitest';
import { fillBody, fillUrl, placeholdersOf } from '../../../src/agent/tools/placeholders.ts';

describe('placeholdersOf', () => {
  it('finds fields in nested values, each once, and no environment references', () => {
    expect(placeholdersOf({ a: '{x} and {y}', b: ['{x}', 1, null], c: '${NAME}', d: '{"k": 1}' })).toEqual(['x', 'y']);
  });
});

describe('fillUrl', () => {
  it('encodes values in the path and in the query', () => {
    const url = fillUrl('https://x.test/a/{id}?q={q}&r={r}', { id: 'a b?c', q: 'x/y&y=1 #é', r: 5 });
    expect(url).toBe('https://x.test/a/a%20b%3Fc?q=x%2Fy%26y%3D1%20%23%C3%A9&r=5');
  });

  it('leaves absent fields empty, also those whose names every object inherits', () => {
    expect(fillUrl('https://x.test/a?q={q}', {})).toBe('https://x.test/a?q=');
    expect(fillUrl('https://x.test/a?q={constructor}', {})).toBe('https://x.test/a?q=');
    expect(fillBody({ a: '{toString}', b: 'x{valueOf}' }, {})).toEqual({ b: 'x' });
  });

  it.each([
    ['.', 'another folder'],
    ['..', 'another folder'],
    [' .. ', 'another folder'],
    ['..;x', 'another folder'],
    ['%2e%2e', 'another folder'],
    ['%252e.', 'another folder'],
    ['', 'is empty'],
    ['  ', 'is empty'],
    [null, 'is empty'],
    [undefined, 'is empty'],
    ['a/b', 'a slash'],
    ['..\\x', 'a slash'],
    ['a%2fb', 'a slash'],
    ['a%255Cb', 'a slash'],
    ['a\nb', 'a control character'],
    ['a%00b', 'a control character'],
  ])('refuses %j in the path with words', (id, why) => {
    const fill = () => fillUrl('https://x.test/a/{id}/b', { id: id as string });
    expect(fill).toThrow(expect.objectContaining({ code: 'input_invalid', message: expect.stringContaining(why) }));
    expect(fill).toThrow(/^"id" would make .* Give "id" as the service knows it/);
  });

  it.each(['v1.2', '...', 'a..b', '50%', 'Ünïcode', '.hidden'])('takes %s in the path', (id) => {
    expect(new URL(fillUrl('https://x.test/a/{id}/b', { id })).pathname).toBe(`/a/${encodeURIComponent(id)}/b`);
  });

  it('is not fooled by dots that are put together from two values, or with the template', () => {
    expect(() => fillUrl('https://x.test/a/{b}{c}', { b: '.', c: '.' })).toThrow('"b" and "c" would make');
    expect(() => fillUrl('https://x.test/a/.{b}/d', { b: '.' })).toThrow('another folder');
  });

  it('replaces half a surrogate pair', () => {
    expect(fillUrl('https://x.test/?q={q}', { q: 'a\ud83d' })).toBe('https://x.test/?q=a%EF%BF%BD');
  });
});

describe('fillBody', () => {
  it('keeps the type of a field that stands alone', () => {
    const body = fillBody({ n: '{n}', list: ['{list}'], text: 'n is {n}' }, { n: 5, list: [1] });
    expect(body).toEqual({ n: 5, list: [[1]], text: 'n is 5' });
  });

  it('lets no value break out of JSON or form text', () => {
    expect(fillBody('{"q": "{q}", "n": {n}}', { q: '", "admin": "1', n: 2 }, 'json')).toBe(
      '{"q": "\\", \\"admin\\": \\"1", "n": 2}',
    );
    expect(fillBody('q={q}&r=1', { q: 'a&r=2' }, 'form')).toBe('q=a%26r%3D2&r=1');
  });
});
