import { expectAccessible } from '../support/accessible.ts';
import { expect, test } from '../support/fixtures.ts';
import { next, open, question } from '../support/wizard.ts';

test.use({ shares: true });

test('a duplicate field is refused, and required shows in the JSON Schema', async ({ page, service }) => {
  await open(page, service, 'schema', question('Sort {{message}}'));
  await page.getByRole('button', { name: 'Add a field' }).click();
  await page.getByLabel('Name of field 2').fill('topic');
  await expect(page.getByText('Another field is named topic.').first()).toBeVisible();
  await expect(next(page)).toBeDisabled();
  await page.getByLabel('Name of field 2').fill('urgent');
  await page.getByRole('combobox', { name: 'Type of urgent' }).selectOption('boolean');
  const json = page.getByRole('textbox', { name: 'JSON Schema of the answer' });
  const required = async () => JSON.parse(await json.inputValue()).required;
  await expect.poll(required).toEqual(['topic', 'urgent']);
  await page.getByRole('checkbox', { name: 'urgent is required' }).click();
  await expect.poll(required).toEqual(['topic']);
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Move urgent up' }).click();
  await expect
    .poll(async () => Object.keys(JSON.parse(await json.inputValue()).properties))
    .toEqual(['urgent', 'topic']);
  await json.fill('{"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]}');
  await page.getByRole('button', { name: 'Take this schema' }).click();
  await expect(page.getByLabel('Name of field 1')).toHaveValue('score');
  await json.fill('{"type": "object", "properties": {"a": {"type": "object"}}}');
  await page.getByRole('button', { name: 'Take this schema' }).click();
  await expect(page.getByRole('alert')).toContainText('properties.a must have properties');
});

test('a field can be an object of fields, in the table and as JSON Schema', async ({ page, service }) => {
  await open(page, service, 'schema', question('Sort {{message}}'));
  await page.getByRole('combobox', { name: 'Type of topic' }).selectOption('object of fields');
  const inner = page.getByRole('list', { name: 'Fields of topic' });
  await inner.getByLabel('Name of inner field 1').fill('area');
  await page.getByRole('button', { name: 'Add to the fields of topic' }).click();
  await inner.getByLabel('Name of inner field 2').fill('area');
  await expect(inner.getByText('Another field is named area.')).toBeVisible();
  await expect(next(page)).toBeDisabled();
  await inner.getByLabel('Name of inner field 2').fill('urgent');
  await inner.getByRole('combobox', { name: 'Type of urgent' }).selectOption('boolean');
  await inner.getByRole('checkbox', { name: 'urgent is required' }).click();
  await expectAccessible(page);
  const json = page.getByRole('textbox', { name: 'JSON Schema of the answer' });
  const topic = async () => JSON.parse(await json.inputValue()).properties.topic;
  await expect.poll(topic).toEqual({
    type: 'object',
    properties: { area: { type: 'string' }, urgent: { type: ['boolean', 'null'] } },
    required: ['area'],
    additionalProperties: false,
  });
  await json.fill((await json.inputValue()).replaceAll('area', 'field'));
  await page.getByRole('button', { name: 'Take this schema' }).click();
  await expect(inner.getByLabel('Name of inner field 1')).toHaveValue('field');
  await expect(inner.getByRole('combobox', { name: 'Type of urgent' })).toHaveValue('boolean');
  await expect(next(page)).toBeEnabled();
});

test('fields are suggested from the prompt at their price, and Undo brings the old ones back', async ({
  page,
  service,
}) => {
  const fields = [
    { name: 'mood', type: 'string', description: 'How the customer feels.', values: ['calm', 'angry'] },
    { name: 'refund', type: 'boolean', description: 'Whether money is asked back.', nullable: true },
  ];
  service.model.answerWith(() => ({ content: [{ type: 'text', text: JSON.stringify({ fields }) }] }));
  await open(page, service, 'schema', question('How does {{message}} sound?'));
  await page.getByRole('button', { name: 'Suggest from the prompt' }).click();
  await expect(page.getByText(/^Suggested for (< )?\$0\.\d{4}\.$/)).toBeVisible();
  await expect(page.getByLabel('Name of field 1')).toHaveValue('mood');
  await expect(page.getByLabel('Values of mood, with commas between them')).toHaveValue('calm, angry');
  await expect(page.getByRole('checkbox', { name: 'refund is required' })).not.toBeChecked();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByLabel('Name of field 1')).toHaveValue('topic');
});

test('a test runs three rows at their real price, and shows the answers', async ({ page, service }) => {
  await open(page, service, 'schema', question('Sort {{message}}'));
  await page.getByRole('button', { name: /^Test on 3 rows/ }).click();
  await expect(page.getByText('3 of 3 fit the schema.')).toBeVisible();
  await expect(page.getByRole('table', { name: 'Test on 3 rows' }).getByRole('row')).toHaveCount(4);
  await expect(page.getByText(/Tested for \$0\.00\d\d|Tested for < \$0\.0001/)).toBeVisible();
});
