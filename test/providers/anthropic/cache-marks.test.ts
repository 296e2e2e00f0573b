import { describe, expect, it } from 'vitest';
import { toRequestBody } from '../../../src/providers/anthropic/anthropic-messages.ts';
import { mayBeCached } from '../../../src/providers/anthropic/cache-marks.ts';
import { requestOf } from '../../contracts/provider.ts';

const MARK = { cache_control: { type: 'ephemeral' } };

describe('marks of the part of a request that is cached', () => {
  it.each([
    ['claude-haiku-5-5', 1024],
    ['claude-sonnet-4-5', 1024],
    ['claude-haiku-4-5-20251001', 4096],
    ['anthropic.claude-opus-4-6-v1', 4096],
    ['claude-3-5-haiku-20241022', 2048],
  ])('of %s begin where %d tokens are possible', (model, least) => {
    const tools: object[] = [];
    expect(mayBeCached(model, { system: 'x'.repeat(2 * least), tools })).toBe(true);
    expect(mayBeCached(model, { system: 'x'.repeat(2 * least - 10), tools })).toBe(false);
  });

  it('stand at the ends of system and tools, which are counted together', () => {
    const system = 'Be brief. '.repeat(200);
    const body = toRequestBody(requestOf('claude-haiku-5-5', { system }), true);
    expect(body).toMatchObject({
      system: [{ text: system, ...MARK }],
      tools: [{ name: 'look' }, { name: 'tell', ...MARK }],
    });
    expect(body.tools?.[0]).not.toHaveProperty('cache_control');
    expect(toRequestBody(requestOf('claude-haiku-5-5', { system, tools: [] }), true).system).toBe(system);
  });
});
