import { expect, type Page } from '@playwright/test';
import { echoAnswer } from '../../support/echo-agent.ts';
import type { WireAnswer, WireRequest } from '../../support/messages-wire.ts';
import type { Respond } from './fake-model.ts';
import type { Service } from './service.ts';

/** A text of the model. */
export const says = (text: string, rest?: Promise<void>): WireAnswer => ({
  content: [{ type: 'text', text }],
  ...(rest !== undefined && { rest }),
});

/** A call of a tool by the model. */
export const calls = (name: string, input: object): WireAnswer => ({
  content: [{ type: 'tool_use', id: `toolu_${name}_${Math.random().toString(36).slice(2)}`, name, input }],
});

/** Answers of the orchestrator, one for each of its requests, in order; target agents echo. */
export function talking(...answers: ((request: WireRequest) => WireAnswer)[]): Respond {
  let next = 0;
  return (request) => {
    if (request.tools?.some(({ name }) => name === 'execute_batch_processor') !== true) return echoAnswer(request);
    const answer = answers[next];
    next += 1;
    if (answer === undefined) throw new Error(`The orchestrator was asked ${next} times.`);
    return answer(request);
  };
}

/** What the last tool of a request answered. */
export function lastResult(request: WireRequest): Record<string, unknown> {
  const results = request.messages.flatMap(({ content }) =>
    typeof content === 'string' ? [] : content.filter(({ type }) => type === 'tool_result'),
  );
  const content = results.at(-1)?.['content'];
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  return JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as Record<string, unknown>;
}

/** Sends a message of a chat as another program does, and waits for the end of its answer. */
export async function say(service: Pick<Service, 'url'>, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${service.url}/v1/chat`, { method: 'POST', headers, body: JSON.stringify(body) });
  expect(await answer.text()).toContain('event: done');
}

/** The chat of a page. */
export function chatOf(page: Page) {
  const panel = page.getByRole('complementary', { name: 'Ask' });
  return {
    panel,
    field: panel.getByRole('textbox', { name: 'Message' }),
    log: panel.getByRole('log', { name: 'Conversation' }),
    async open() {
      await page.getByRole('button', { name: 'Ask' }).click();
      await expect(panel.getByRole('textbox', { name: 'Message' })).toBeFocused();
    },
    async send(text: string) {
      await panel.getByRole('textbox', { name: 'Message' }).fill(text);
      await panel.getByRole('button', { name: 'Send' }).click();
    },
  };
}
