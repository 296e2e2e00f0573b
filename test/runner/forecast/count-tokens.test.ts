import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, it } from 'vitest';
import { countTokens } from '../../../src/runner/forecast/count-tokens.ts';

it.each([
  [
    'prose',
    "The parcel came two weeks late and the box was damaged. I called support twice, and nobody could help me. I'd not buy here again.",
  ],
  [
    'German',
    'Die Lieferung kam zwei Wochen zu spät an, und die Verpackung war beschädigt. Niemand konnte mir eine Auskunft geben.',
  ],
  [
    'Russian',
    'Доставка пришла на две недели позже, и упаковка была повреждена. Я несколько раз звонил в службу поддержки.',
  ],
  [
    'Japanese',
    '配達が二週間遅れて届き、箱が破損していました。カスタマーサービスに何度も電話しましたが、誰も答えてくれませんでした。',
  ],
  ['Arabic', 'وصلت الشحنة متأخرة أسبوعين وكانت العبوة تالفة. اتصلت بخدمة العملاء عدة مرات.'],
  [
    'JSON',
    JSON.stringify({ address: '12 High Street, Brighton', postcode: 'BN1 1AA', rooms: 4, price: 325_000, sold: true }),
  ],
  [
    'code',
    'export function add(a: number, b: number): number {\n  if (a === 0) return b;\n  return a + b;\n}\n'.repeat(4),
  ],
])('the count of %s is within a quarter of a real tokenizer', (_kind, text) => {
  const ratio = countTokens(text) / encode(text).length;
  expect(ratio).toBeGreaterThan(0.8);
  expect(ratio).toBeLessThan(1.25);
});

it('counts the start of a very long text, and the rest in proportion', () => {
  const text = 'A word and another. ';
  expect(countTokens(text.repeat(100_000)) / countTokens(text.repeat(1000))).toBeCloseTo(100, 0);
});
