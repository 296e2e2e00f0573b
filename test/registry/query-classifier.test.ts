import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AgentDefinition } from '../../src/agent/definition.ts';
import { PACKAGE_ROOT } from '../../src/base/process/package-root.ts';
import { compileSchema } from '../../src/base/schema/schema.ts';
import { readQueryMaterial } from '../../src/cli/mongo/query-material.ts';
import { supportQuery } from '../../src/cli/mongo/support-queries.ts';
import { createYamlRegistry } from '../../src/registry/yaml-registry.ts';

const ANSWER = {
  intent: 'problem',
  topic: 'delivery',
  sentiment: 'negative',
  priority: 'normal',
  summary: 'A parcel has not arrived and a replacement is asked for.',
  language: 'de',
};

async function shipped(): Promise<AgentDefinition> {
  const agent = await createYamlRegistry(join(PACKAGE_ROOT, 'agents.yaml')).find('query-classifier');
  if (agent === undefined) throw new Error('query-classifier is missing');
  return agent;
}

describe('query-classifier', () => {
  it('answers with intent, topic, sentiment and priority from fixed lists', async () => {
    const valid = compileSchema((await shipped()).structured_output.schema ?? {}, 'query-classifier');
    expect(valid(ANSWER)).toEqual({ valid: true });
    for (const field of ['intent', 'topic', 'sentiment', 'priority']) {
      expect(valid({ ...ANSWER, [field]: 'none of them' }), field).toMatchObject({ valid: false });
      expect(valid({ ...ANSWER, [field]: undefined }), field).toMatchObject({ valid: false });
    }
  });

  it('explains every value of its lists in the description of the field', async () => {
    const { properties } = (await shipped()).structured_output.schema as {
      properties: Record<string, { enum?: string[]; description?: string }>;
    };
    const lists = Object.entries(properties).filter(([, field]) => field.enum !== undefined);
    expect(lists.map(([name]) => name)).toEqual(['intent', 'topic', 'sentiment', 'priority']);
    for (const [name, { enum: values = [], description = '' }] of lists) {
      const unexplained = values.filter((value) => !description.includes(`${value}: `));
      expect(unexplained, name).toEqual([]);
    }
  });

  it('takes the documents of the bundled collection as its input', async () => {
    const valid = compileSchema((await shipped()).input ?? {}, 'input of query-classifier');
    const material = await readQueryMaterial();
    for (let number = 0; number < 50; number += 1) {
      const document = { ...supportQuery(number, material) };
      expect(valid({ query: document.query })).toEqual({ valid: true });
    }
  });
});
