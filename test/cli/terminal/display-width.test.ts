import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { displayWidth } from '../../../src/cli/terminal/terminal-text.ts';

test('every sign up to U+FFFF has the width that string-width gives it', () => {
  const wrong: string[] = [];
  for (let code = 0; code <= 0xffff; code += 1) {
    const sign = String.fromCharCode(code);
    if (displayWidth(sign) !== stringWidth(sign)) wrong.push(code.toString(16));
  }
  expect(wrong).toEqual([]);
});

test.each(['plain', 'a – b … “c”', '日本', 'e\u0301', '👍🏽', '\u2190\ufe0f'])(
  '%s is as wide as string-width says',
  (text) => {
    expect(displayWidth(text)).toBe(stringWidth(text));
  },
);
