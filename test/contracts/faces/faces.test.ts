import { beforeAll, describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/protocol/messages.ts';
import type { StoredPlan } from '../../../src/runner/contract/report/stored-plan.ts';
import { METADATA_COLUMNS } from '../../../src/runner/contract/request/mapping.ts';
import { optionFaces } from '../../../src/runner/contract/request/option-face.ts';
import { type BatchOptions, batchOptions } from '../../../src/runner/contract/request/options.ts';
import { readingOptions } from '../../../src/runner/contract/request/reading.ts';
import { COLLECTION_VALUES, OPTION_VALUES, READING_VALUES } from './face-values.ts';
import { FACE_NAMES, storedPlanBy } from './start-by-face.ts';

const names = Object.keys(batchOptions.shape);
const options = Object.fromEntries(Object.entries(OPTION_VALUES).map(([name, { value }]) => [name, value]));
const metadata = METADATA_COLUMNS.toReversed();

it.each(names)('the option %s has a value here that is not its default', (name) => {
  const value = OPTION_VALUES[name]?.value;
  expect(value).toBeDefined();
  expect(value).not.toBe(optionFaces.get(batchOptions.shape[name as keyof BatchOptions])?.default);
});

describe.each(FACE_NAMES)('a batch that is started through %s', { timeout: 30_000 }, (face) => {
  let plan: StoredPlan;
  beforeAll(async () => {
    plan = await storedPlanBy(face, {
      fields: { name: 'Greetings', options, output_mapping: { metadata } } as JsonObject,
      flags: [
        ...['--name', 'Greetings', '--metadata', metadata.join(',')],
        ...Object.values(OPTION_VALUES).flatMap(({ flags }) => flags),
      ],
    });
  });

  it.each(names)('keeps the option %s', (name) => {
    expect(plan.request.options).toHaveProperty(name, OPTION_VALUES[name]?.value);
  });

  it.each(METADATA_COLUMNS.map((name, index) => [name, index] as const))(
    'keeps the metadata column %s',
    (name, index) => {
      expect(plan.request.output_mapping?.metadata?.at(-1 - index)).toBe(name);
    },
  );

  it('keeps its name', () => {
    expect(plan.request).toHaveProperty('name', 'Greetings');
  });

  it('keeps who started it', () => {
    expect(plan.createdBy).toEqual({ id: 'local', name: 'local', face: face.toLowerCase() });
  });
});

const readings = Object.keys(READING_VALUES);

it.each(Object.keys(readingOptions.shape))('the option %s for reading has a value here', (name) => {
  // A sheet is an option of workbooks alone, and this table is text.
  if (name !== 'sheet') expect({ ...READING_VALUES, ...COLLECTION_VALUES }).toHaveProperty(name);
});

describe.each(FACE_NAMES)('a table that is read as asked through %s', { timeout: 30_000 }, (face) => {
  let plan: StoredPlan;
  beforeAll(async () => {
    const reading = Object.fromEntries(Object.entries(READING_VALUES).map(([name, { value }]) => [name, value]));
    plan = await storedPlanBy(face, {
      table: "People; of 'May\n'Ann;';1\n'Bob';2\n",
      fields: { reading, input_mapping: { name: 'column_1' } } as JsonObject,
      flags: [...Object.values(READING_VALUES).flatMap(({ flags }) => flags), '--map', 'name=column_1'],
    });
  });

  it.each(readings)('keeps the option %s', (name) => {
    expect(plan.request.reading).toHaveProperty(name, READING_VALUES[name]?.value);
  });
});
