import { describe, expect, it } from 'vitest';
import {
  agentArgument,
  columnArguments,
  locationArgument,
  mappingArgument,
  numberArgument,
} from '../../../src/cli/arguments/mapping-arguments.ts';

describe('--map', () => {
  it('takes columns, expressions, odd names and constants', () => {
    expect(
      mappingArgument(['a=Street address', 'b={% x = 1 %}', 'c=column:{% odd %}', 'd=value:{"n":[1]}', 'e=a=b']),
    ).toEqual({
      a: 'Street address',
      b: '{% x = 1 %}',
      c: { column: '{% odd %}' },
      d: { value: { n: [1] } },
      e: 'a=b',
    });
  });

  it.each([['a'], ['=b'], ['a='], ['a=value:text']])('refuses %s', (pair) => {
    expect(() => mappingArgument([pair])).toThrow(expect.objectContaining({ code: 'invalid_arguments' }));
  });

  it('refuses a field that is filled twice', () => {
    expect(() => mappingArgument(['a=x', 'a=y'])).toThrow(/twice/);
    expect(() => columnArguments(['a={% 1 %}', 'a={% 2 %}'])).toThrow(/twice/);
  });
});

it('splits NAME@VERSION', () => {
  expect(agentArgument('a')).toEqual({ name: 'a' });
  expect(agentArgument('a@v2')).toEqual({ name: 'a', version: 'v2' });
  expect(() => agentArgument('@v2')).toThrow(/NAME@VERSION/);
  expect(() => agentArgument('a@')).toThrow(/NAME@VERSION/);
});

it('makes paths absolute and leaves URIs alone', () => {
  expect(locationArgument('a b.csv', '/tables')).toBe('/tables/a b.csv');
  expect(locationArgument('s3://bucket/a.csv', '/work')).toBe('s3://bucket/a.csv');
});

it('checks numbers', () => {
  const sample = numberArgument('--sample', { integer: true, min: 1 });
  expect(sample('20')).toBe(20);
  for (const text of ['0', '1.5', '', ' ', 'x', 'Infinity', 'NaN']) {
    expect(() => sample(text)).toThrow('--sample must be a whole number at least 1');
  }
});
