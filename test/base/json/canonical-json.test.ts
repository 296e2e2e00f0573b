import { expect, it } from 'vitest';
import { canonicalJson } from '../../../src/base/json/canonical-json.ts';
import { parseJson } from '../../../src/base/json/exact-number.ts';

it('writes equal values alike, and every digit of a long number as a number', () => {
  const text = canonicalJson(parseJson('{"b": [1, {"d": 12345678901234567890, "c": null}], "a": "x"}'));
  expect(text).toBe('{"a":"x","b":[1,{"c":null,"d":12345678901234567890}]}');
  expect(canonicalJson({ n: { rawJSON: '1' } })).not.toBe(canonicalJson({ n: 1 }));
});
