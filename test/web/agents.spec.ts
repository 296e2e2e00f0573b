import { echoAnswer } from '../support/echo-agent.ts';
import { expectAccessible } from './support/accessible.ts';
import { expect, test } from './support/fixtures.ts';

const AGENT = {
  name: 'ticket-sorter',
  prompt: 'What is this about: {message}?',
  fields: [{ name: 'topic', description: 'What it is about.' }],
  model: 'anthropic/claude-haiku-5-5',
};

test('the agents are listed, found by a text, and each shows its definition', async ({ page }) => {
  await page.goto('/agents');
  const names = page.getByRole('main').getByRole('table').getByRole('link');
  await expect(names).toHaveCount(3);
  await expectAccessible(page);
  await page.keyboard.press('/');
  await page.keyboard.type('broadband');
  await expect(names).toHaveCount(1);
  await expect(page).toHaveURL(/\?q=broadband$/);
  await names.click();
  await expect(page).toHaveURL(/\/agents\/broadband-checker-structured-v2/);
  await expect(page.getByText('You find out which broadband is available')).toBeVisible();
  await expect(page.getByRole('row').filter({ hasText: 'exchange_station' })).toContainText('string or null');
  await expectAccessible(page);
});

test('versions are kept, and an old one can be looked at', async ({ page, service }) => {
  await service.send('POST', '/v1/agents', AGENT);
  await service.send('POST', '/v1/agents', { ...AGENT, prompt: 'Newer: {message}' });
  await page.goto('/agents/ticket-sorter?tab=versions');
  const versions = page.getByRole('tabpanel').getByRole('link');
  await expect(versions).toHaveCount(2);
  await expectAccessible(page);
  await versions.nth(1).click();
  await expect(page).toHaveURL(/\?version=/);
  await expect(page.getByRole('paragraph').filter({ hasText: 'What is this about: {message}?' })).toBeVisible();
});

test('one input is tried at its price, and what it cost is said', async ({ page, service }) => {
  await service.send('POST', '/v1/agents', AGENT);
  await page.goto('/agents/ticket-sorter?tab=try');
  const run = page.getByRole('button', { name: /^Run once, (< )?\$0\.\d{4} plus its answer$/ });
  await expect(run).toBeEnabled();
  await run.click();
  await expect(page.getByText('Required.')).toBeVisible();
  expect(service.model.stats.requests).toBe(0);
  await page.getByLabel('message').fill('Where is my order?');
  await expectAccessible(page);
  await run.click();
  const answer = page.getByRole('region', { name: 'Answer' });
  await expect(answer).toContainText('Succeeded');
  await expect(answer.getByText(/^It cost (< )?\$0\.\d{4}\.$/)).toBeVisible();
  await expect(answer).toContainText('echo:');
  expect(service.model.stats.requests).toBe(1);
  await expectAccessible(page);
});

test('a run can be stopped, and a failed one says why', async ({ page, service }) => {
  await service.send('POST', '/v1/agents', AGENT);
  await page.goto('/agents/ticket-sorter?tab=try');
  await page.getByLabel('message').fill('Where is my order?');
  service.model.hold();
  await page.getByRole('button', { name: /^Run once/ }).click();
  await expect.poll(() => service.model.waiting()).toBe(1);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByText('Stopped.')).toBeVisible();
  service.model.release();
  service.model.answerWith((request) => ({ ...echoAnswer(request), content: [], stop_reason: 'refusal' }));
  await page.getByRole('button', { name: /^Run once/ }).click();
  await expect(page.getByRole('region', { name: 'Answer' })).toContainText('Failed');
});

test('an agent that is not there says so', async ({ page }) => {
  await page.goto('/agents/nobody');
  await expect(page.getByRole('alert')).toContainText('agent_not_found');
  await expectAccessible(page);
});
