import { describe, expect, it } from 'vitest';
import type { Message } from '../../../src/protocol/messages.ts';
import type { ConversationRecord } from '../../../src/storage/conversations.ts';
import type { StoreBench } from './store-bench.ts';

const HELLO: Message = { role: 'user', content: 'hello' };
const REPLY: Message = {
  role: 'assistant',
  content: [
    { type: 'text', text: 'hi' },
    { type: 'tool_use', id: 'toolu_1', name: 'look', input: { at: [1] } },
  ],
};

function conversation(id: string, change: Partial<ConversationRecord> = {}): ConversationRecord {
  return {
    id,
    agent: 'orchestrator',
    createdAt: 1,
    updatedAt: 1,
    messages: [],
    speaker: 'local',
    openRun: null,
    ...change,
  };
}

export function testConversations({ store }: StoreBench): void {
  describe('conversations', () => {
    it('gives a conversation back with its messages in order', async () => {
      const first = conversation('cnv_1', { messages: [HELLO, REPLY], openRun: 'run_1' });
      await store().insertConversation(first);
      expect(await store().readConversation('cnv_1')).toEqual(first);
      expect(await store().readConversation('cnv_2')).toBeUndefined();
    });

    it('appends to what stands there', async () => {
      await store().insertConversation(conversation('cnv_1'));
      await store().appendMessages('cnv_1', { expectedCount: 0, messages: [HELLO], openRun: 'run_1', at: 5 });
      await store().appendMessages('cnv_1', { expectedCount: 1, messages: [REPLY, HELLO], openRun: null, at: 9 });
      expect(await store().readConversation('cnv_1')).toEqual(
        conversation('cnv_1', { messages: [HELLO, REPLY, HELLO], updatedAt: 9 }),
      );
    });

    it('lets one of two that append at once through', async () => {
      await store().insertConversation(conversation('cnv_1'));
      const append = (openRun: string) =>
        store().appendMessages('cnv_1', { expectedCount: 0, messages: [HELLO], openRun, at: 5 });
      const outcomes = await Promise.allSettled([append('run_1'), append('run_2')]);
      expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { reason: { code: 'conversation_busy' } }]);
      expect(await store().readConversation('cnv_1')).toMatchObject({ openRun: 'run_1', messages: [HELLO] });
    });

    it('refuses to append to a conversation that does not exist', async () => {
      const append = store().appendMessages('cnv_9', { expectedCount: 0, messages: [], openRun: null, at: 1 });
      await expect(append).rejects.toMatchObject({ code: 'conversation_not_found' });
    });

    it('lists the last used first, without messages', async () => {
      for (const id of ['cnv_1', 'cnv_2', 'cnv_3']) await store().insertConversation(conversation(id));
      await store().appendMessages('cnv_1', { expectedCount: 0, messages: [HELLO], openRun: null, at: 9 });
      const listed = await store().listConversations({ limit: 2 });
      expect(listed.map(({ id }) => id)).toEqual(['cnv_1', 'cnv_3']);
      expect(listed[0]).not.toHaveProperty('messages');
    });
  });
}
