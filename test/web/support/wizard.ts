import type { Page } from '@playwright/test';
import { TABLE } from './create-batch.ts';
import { createDraft } from './sample.ts';
import type { Schemas, Service } from './service.ts';

const MODEL = 'anthropic/claude-haiku-5-5';

/** The request of a draft that asks a question of its own. */
export const question = (prompt: string, more: object = {}) => ({
  target: { type: 'inline', prompt, fields: [{ name: 'topic', type: 'string' }], model: MODEL },
  ...more,
});

/** Makes a draft over a table and opens a step of it; gives its id. */
export async function open(
  page: Page,
  service: Service,
  step: string,
  request: object = {},
  table = TABLE,
): Promise<string> {
  const id = await createDraft(service, { file: 'tickets.csv', table, request });
  await page.goto(`/new/${id}/${step}`);
  return id;
}

/** A draft as the server has it. */
export const draftOf = (service: Service, id: string) =>
  service.send<{ request: Schemas['BatchRequest'] }>('GET', `/v1/drafts/${id}`);

/** Goes on to the next step. */
export const next = (page: Page) => page.getByRole('button', { name: /^Next:/ });
/** The editor of the prompt. */
export const prompt = (page: Page) => page.getByRole('textbox', { name: 'Prompt', exact: true });
/** What a row makes of the prompt. */
export const rendered = (page: Page) => page.getByRole('region', { name: 'What the model gets' });
