import { expect } from 'vitest';
import type { ConversationEvent } from '../../src/agent/conversation/conversation.ts';
import type { Step } from './conversation-file.ts';
import { mismatch } from './match.ts';

/** An event as it is compared: the deltas of one text are one `text`. */
type Told = { type: string; [field: string]: unknown };

/** These must come exactly as expected; others may be left out of the expectation. */
const STRICT = ['tool-call-start', 'tool-call-end', 'done', 'error'];

/** Compares what a client saw with what a step expects. */
export function expectEvents(actual: readonly ConversationEvent[], step: Step): void {
  const told = withTexts(actual);
  const seen = told.map((event) => JSON.stringify(event).slice(0, 2000)).join('\n');
  let position = 0;
  for (const expected of step.events) {
    const [[type, fields]] = Object.entries(expected) as [[string, unknown]];
    const found = told.findIndex(
      (event, index) => index >= position && (event.type === type || STRICT.includes(event.type)),
    );
    const event = told[found];
    const fault = event?.type === type ? mismatch(event, fields ?? {}) : `there is no ${type}`;
    expect(fault, `"${step.user}" expects ${JSON.stringify(expected)}; what came:\n${seen}`).toBeUndefined();
    position = found + 1;
  }
  const rest = told.slice(position).filter((event) => STRICT.includes(event.type));
  expect(rest, `"${step.user}" expects no more than it says; what came:\n${seen}`).toEqual([]);
}

function withTexts(events: readonly ConversationEvent[]): Told[] {
  const told: Told[] = [];
  for (const event of events) {
    const last = told.at(-1);
    if (event.type !== 'text-delta') told.push(event);
    else if (last?.type === 'text') last['text'] = `${last['text']}${event.text}`;
    else told.push({ type: 'text', text: event.text });
  }
  return told;
}
