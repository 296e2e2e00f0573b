import { expect, it } from 'vitest';
import { alwaysSpeaking } from '../../../src/agent/conversation/conversation-events.ts';
import { type ModelResponse, NO_USAGE } from '../../../src/protocol/messages.ts';
import type { ModelTurn } from '../../../src/protocol/run.ts';

const RESPONSE: ModelResponse = {
  content: [{ type: 'text', text: 'Hello' }],
  stopReason: 'end_turn',
  usage: NO_USAGE,
  model: 'm',
};

function turn(onText?: (text: string) => void): Required<ModelTurn> {
  return {
    turn: 3,
    request: { model: 'm', system: '', messages: [], tools: [], maxTokens: 1 },
    onText,
    signal: new AbortController().signal,
    time: { hold: () => () => undefined, giveBack: () => undefined },
  };
}

it.each([
  ['with', () => undefined],
  ['without', undefined],
])('passes everything of a call on, %s a listener for its text', async (_, onText) => {
  const calls: ModelTurn[] = [];
  const callModel = alwaysSpeaking(async (call) => {
    calls.push(call);
    return RESPONSE;
  });
  const { onText: _listener, ...rest } = turn(onText);
  await callModel({ ...rest, onText });
  expect(calls).toHaveLength(1);
  for (const [key, value] of Object.entries(rest)) expect(calls[0]?.[key as keyof ModelTurn]).toBe(value);
});

it('hands an answer over whole where none of its text was streamed', async () => {
  const said: string[] = [];
  await alwaysSpeaking(async () => RESPONSE)(turn((text) => said.push(text)));
  await alwaysSpeaking(async ({ onText }) => {
    onText?.('Hel');
    onText?.('lo');
    return RESPONSE;
  })(turn((text) => said.push(text)));
  expect(said).toEqual(['Hello', 'Hel', 'lo']);
});
