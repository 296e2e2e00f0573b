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
      expect(listed[0]).toMatchObject({ messageCount: 1, firstMessage: 'hello' });
    });

    it('lists the conversations of a speaker, from a position on', async () => {
      const speakers: [string, string][] = [
        ['cnv_1', 'ann'],
        ['cnv_2', 'bob'],
        ['cnv_3', 'ann'],
        ['cnv_4', 'ann'],
      ];
      for (const [id, speaker] of speakers) await store().insertConversation(conversation(id, { speaker }));
      const page = { limit: 5, speaker: 'ann', before: { updatedAt: 1, id: 'cnv_4' } };
      expect((await store().listConversations(page)).map(({ id }) => id)).toEqual(['cnv_3', 'cnv_1']);
    });

    it('finds a conversation by the history of its client, once, and for its speaker only', async () => {
      await store().insertConversation(conversation('cnv_1'));
      await store().keepHistory('cnv_1', { history: 'h1', isOpen: false });
      const take = (speaker: string) => store().takeHistory({ history: 'h1', next: 'h2', speaker });
      expect(await take('key_b')).toBeUndefined();
      expect(await take('local')).toBe('cnv_1');
      expect(await take('local')).toBeUndefined();
    });

    it('does not find a conversation by a history that other messages have followed', async () => {
      await store().insertConversation(conversation('cnv_1'));
      await store().keepHistory('cnv_1', { history: 'h1', isOpen: false });
      await store().appendMessages('cnv_1', { expectedCount: 0, messages: [HELLO], openRun: null, at: 5 });
      expect(await store().takeHistory({ history: 'h1', next: 'h2', speaker: 'local' })).toBeUndefined();
      await store().keepHistory('cnv_1', { history: 'h3', isOpen: true });
      await store().appendMessages('cnv_1', { expectedCount: 1, messages: [REPLY], openRun: null, at: 6 });
      expect(await store().takeHistory({ history: 'h3', next: 'h4', speaker: 'local' })).toBe('cnv_1');
    });
  });
}
