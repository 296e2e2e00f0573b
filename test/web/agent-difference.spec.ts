import type { Page } from '@playwright/test';
import { expectAccessible } from './support/accessible.ts';
import { TABLE, untilBatch } from './support/create-batch.ts';
import { expect, test } from './support/fixtures.ts';
import { createDraft } from './support/sample.ts';
import type { Schemas, Service } from './support/service.ts';

const AGENT = 'ticket-sorter';
const TOPIC = { name: 'topic', values: ['bill', 'delivery'], description: 'What it is about.' };
const URGENT = { name: 'urgent', type: 'boolean' };

/** Saves a version of the agent that answers with these fields. */
const save = (service: Service, fields: object[]) =>
  service.send('POST', '/v1/agents', {
    ...{ name: AGENT, prompt: 'What is this about: {message}?', fields, model: 'anthropic/claude-haiku-5-5' },
  });

/** Opens a step of a draft that runs the agent. */
async function open(page: Page, service: Service, { step, fields }: { step: string; fields?: object[] }) {
  const target = { type: 'agent', name: AGENT, ...(fields !== undefined && { fields }) };
  const id = await createDraft(service, { file: 'tickets.csv', table: TABLE, request: { target } });
  await page.goto(`/new/${id}/${step}`);
  return id;
}

const fieldsOf = async (service: Service, id: string) => {
  const { request } = await service.send<{ request: Schemas['BatchRequest'] }>('GET', `/v1/drafts/${id}`);
  return request.target.fields?.map(({ name }) => name);
};
const difference = (page: Page) => page.getByRole('region', { name: 'Difference from the agent' });
const lines = (page: Page) => difference(page).getByRole('table', { name: 'Fields that differ' }).getByRole('row');

test('fields that differ from the agent are shown with both sides, and are kept as an ad-hoc agent', async ({
  page,
  service,
}) => {
  test.slow();
  await save(service, [TOPIC, URGENT]);
  const own = [{ ...TOPIC, values: ['bill', 'other'] }, { name: 'mood' }];
  await open(page, service, { step: 'schema', fields: own });
  await expect(lines(page)).toHaveText([
    /^Field/,
    /^topicvaluesbill, otherbill, delivery$/,
    /^moodadded by youstring; requirednone$/,
    /^urgentonly in the agentnoneboolean; required$/,
  ]);
  await expectAccessible(page);
  await difference(page).getByRole('button', { name: 'Keep mine' }).click();
  await expect(lines(page)).toHaveCount(0);
  await expect(difference(page)).toContainText('You keep your fields: an ad-hoc agent');
  await page.getByRole('button', { name: 'Next: review' }).click();
  await expect(difference(page)).toContainText('You keep your fields');
  await expectAccessible(page);
  await page.getByRole('button', { name: /^Start 3 rows, / }).click();
  await expect(page).toHaveURL(/\/batches\/bat_/);
  const { items } = await service.send<{ items: Schemas['Batch'][] }>('GET', '/v1/batches');
  const done = await untilBatch(service, items[0]?.batch_id ?? '', ({ status }) => status === 'completed');
  expect(done.agent).toMatch(/^ticket-sorter@.+-[0-9a-f]{8}$/);
});

test('an agent that changed since the draft was made is noticed, and its fields are taken', async ({
  page,
  service,
}) => {
  test.slow();
  await save(service, [TOPIC]);
  const target = { type: 'inline', prompt: '', fields: [{ name: 'answer' }] };
  const id = await createDraft(service, { file: 'tickets.csv', table: TABLE, request: { target } });
  await page.goto(`/new/${id}/prompt`);
  await page.getByRole('combobox', { name: 'Start from an agent' }).selectOption(AGENT);
  await expect.poll(() => fieldsOf(service, id)).toEqual(['topic']);
  await page.getByRole('button', { name: 'Next: schema' }).click();
  await expect(page.getByLabel('Name of field 1')).toHaveValue('topic');
  await expect(page.getByText(/^Test on 3 rows, about/)).toBeVisible();
  await expect(difference(page)).toHaveCount(0);
  await save(service, [TOPIC, URGENT]);
  await page.reload();
  await expect(lines(page)).toHaveText([/^Field/, /^urgentonly in the agent/]);
  await difference(page).getByRole('button', { name: 'Take the agent’s' }).click();
  await expect(page.getByLabel('Name of field 2')).toHaveValue('urgent');
  await expect(difference(page)).toHaveCount(0);
  await expect.poll(() => fieldsOf(service, id)).toEqual(['topic', 'urgent']);
  await page.getByLabel('Name of field 2').fill('rush');
  await expect(lines(page)).toHaveText([/^Field/, /^rushadded by you/, /^urgentonly in the agent/]);
});
