import { echoAnswer, inputOf } from '../../support/echo-agent.ts';
import type { WireAnswer } from '../../support/messages-wire.ts';
import type { Respond } from './fake-model.ts';

/** What each answer says instead of an echo, by a word of the message. */
const TOPICS: [RegExp, string, boolean][] = [
  [/charged|refund|\u00a3|£/i, 'payment', true],
  [/order|paczka|配送|parcel/i, 'delivery', false],
  [/connecter|password|delete all the data/i, 'account', false],
  [/cancel/i, 'cancellation', true],
  [/burning/i, 'safety', true],
  [/lovely/i, 'praise', false],
];

/** An answer as a person would give it, in the fields that ask for it. */
function sorted(answer: WireAnswer, text: string): WireAnswer {
  const [, topic, urgent] = TOPICS.find(([word]) => word.test(text)) ?? [/./, 'other', false];
  const known: Record<string, unknown> = { topic, urgent };
  const content = answer.content.map((block) => {
    if (block['type'] !== 'tool_use') return block;
    const fields = Object.entries((block['input'] ?? {}) as Record<string, unknown>);
    return { ...block, input: Object.fromEntries(fields.map(([name, value]) => [name, known[name] ?? value])) };
  });
  return { ...answer, content };
}

/** Sorts each message by its topic but two, which it refuses. */
export const sortMessages: Respond = (request) => {
  const text = JSON.stringify(inputOf(request));
  if (/RM-10244|T-510/.test(text))
    return { fault: 'status', status: 400, type: 'invalid_request_error', message: 'the message is refused' };
  return sorted(echoAnswer(request), text);
};
