import { expect, test } from 'vitest';
import type { MediaBlock } from '../../../src/protocol/media.ts';
import { worstMediaTokens } from '../../../src/runner/media/media-tokens.ts';
import { requestOf } from '../../contracts/provider.ts';
import { mediumOf, pngOf } from '../../support/media.ts';

const worst = (provider: string, model: string, facts: Partial<MediaBlock>) => {
  const medium = { ...mediumOf('image', 'image/png', pngOf(2, 2)), ...facts };
  return worstMediaTokens(provider, requestOf(model, { messages: [{ role: 'user', content: [medium] }] }));
};

test('the worst price of a call counts its media: twice the rule of the provider, or a token for each byte', () => {
  const size = { width: 1120, height: 840 };
  expect(worst('anthropic', 'claude-haiku-5-5', size)).toBe(2 * 40 * 30);
  expect(worst('anthropic', 'claude-sonnet-4-5', { width: 8000, height: 8000 })).toBe(2 * 1568);
  expect(worst('openai', 'gpt-4o', { width: 1024, height: 1024 })).toBe(2 * (85 + 4 * 170));
  expect(worst('gemini', 'gemini-2.5-flash', { width: 300, height: 300 })).toBe(2 * 258);
  expect(worst('anthropic', 'claude-haiku-5-5', { kind: 'pdf', bytes: 90_000 })).toBe(90_000);
  expect(worst('openai-compatible', 'llava', size)).toBe(20_000);
  expect(worst('gemini', 'gemini-3-flash', { kind: 'video', bytes: 90_000_000 })).toBe(1_000_000);
});
