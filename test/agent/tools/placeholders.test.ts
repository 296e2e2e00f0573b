import { describe, expect, it } from 'vitest';
import { fillBody, fillUrl, placeholdersOf } from '../../../src/agent/tools/placeholders.ts';

describe('placeholdersOf', () => {
  it('finds fields in nested values, each once, and no environment references', () => {
    expect(placeholdersOf({ a: '{x} and {y}', b: ['{x}', 1, null], c: '${NAME}', d: '{"k": 1}' })).toEqual(['x', 'y']);
  });
});

describe('fillUrl', () => {
  it('encodes values in the path and in the query', () => {
    const url = fillUrl('https://x.test/a/{id}?q={q}&r={r}', { id: 'a/b?c', q: 'x&y=1 #é', r: 5 });
    expect(url).toBe('https://x.test/a/a%2Fb%3Fc?q=x%26y%3D1%20%23%C3%A9&r=5');
  });

  it('leaves absent fields empty', () => {
    expect(fillUrl('https://x.test/a?q={q}', {})).toBe('https://x.test/a?q=');
  });

  it.each(['..', '.', '%2e%2e'])('keeps %s from climbing the path', (id) => {
    const fill = () => new URL(fillUrl('https://x.test/a/{id}/b', { id })).pathname;
    if (id === '%2e%2e') expect(fill()).toBe('/a/%252e%252e/b');
    else expect(fill).toThrow(expect.objectContaining({ code: 'input_invalid' }));
  });

  it('is not fooled by dots that are put together from two values', () => {
    expect(() => fillUrl('https://x.test/a/{b}{c}', { b: '.', c: '.' })).toThrow('would change the path');
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
