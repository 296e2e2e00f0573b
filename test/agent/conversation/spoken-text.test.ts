import { expect, it } from 'vitest';
import type { ConversationEvent } from '../../../src/agent/conversation/conversation.ts';
import { createSpokenText, withoutNotes } from '../../../src/agent/conversation/spoken-text.ts';
import { NO_USAGE } from '../../../src/protocol/messages.ts';

const says = (text: string): ConversationEvent => ({ type: 'text-delta', text });
const starts = (name: string): ConversationEvent => ({ type: 'tool-call-start', tool_use_id: 'a', name, input: {} });
const ends = (name: string, isError = false): ConversationEvent => ({
  ...{ type: 'tool-call-end', tool_use_id: 'a', name, is_error: isError, content: {}, duration_ms: 1 },
});
const turn: ConversationEvent = { type: 'turn-end', stop_reason: 'tool_use', usage: NO_USAGE, cost_usd: 0 };

it('puts tools, failures and warnings on lines of their own, and adds up to the whole text', () => {
  const spoken = createSpokenText();
  const events = [
    ...[says('I '), says('look.'), starts('look'), ends('look'), turn, says('\n\nNow '), says('this.'), starts('act')],
    ...[ends('act', true), turn, { type: 'warning', message: 'Half\na character.' } as const, says('Done.')],
  ];
  const parts = events.map((event) => spoken.add(event));
  const whole =
    'I look.\n\n> [rowmill] look\n\nNow this.\n\n> [rowmill] act\n\n> [rowmill] act failed\n\n> [rowmill] Half a character.\n\nDone.';
  expect(parts.join('')).toBe(whole);
  expect(spoken.text()).toBe(whole);
});

it('takes notes out of an answer, and leaves the quotes of the model', () => {
  expect(withoutNotes('A.\n\n> [rowmill] look\n\n> quoted\n\nB.')).toBe('A.\n\n> quoted\n\nB.');
});
