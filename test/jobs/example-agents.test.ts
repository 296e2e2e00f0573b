import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { resolveAgent } from '../../src/registry/registry.ts';
import { createYamlRegistry } from '../../src/registry/yaml-registry.ts';
import { type JobRequest, jobRequest } from '../../src/runner/contract/service/job.ts';
import { type JobsWorld, startJobsWorld } from './jobs-world.ts';

const EXAMPLES = fileURLToPath(new URL('../../examples/job-agents.yaml', import.meta.url));
const INPUTS: { [agent: string]: JobRequest['input'] } = {
  'creative-scorer': { headline: 'Fibre for all', body: 'From today.' },
  'hook-writer': { product: 'a kettle', tone: 'plain' },
  'review-embedder': { review: 'It boils.' },
  'video-analyst': { video: 'clip.mp4' },
};

let world: JobsWorld;
afterEach(() => world.close());

test('each example agent takes a job and can be processed', async () => {
  const registry = createYamlRegistry(EXAMPLES);
  world = await startJobsWorld({ deps: { findAgent: (name) => resolveAgent(registry, name) } });
  const jobs = Object.entries(INPUTS).map(([agent, input]) => jobRequest.parse({ agent, input }));
  await world.jobs.enqueue(jobs);
  const queues = await world.jobs.queues();
  expect(queues.map(({ agent, waiting }) => [agent, waiting])).toEqual(Object.keys(INPUTS).map((agent) => [agent, 1]));
  const text = queues.filter(({ agent }) => agent !== 'video-analyst');
  expect(text.map(({ agent, problem }) => [agent, problem])).toEqual(text.map(({ agent }) => [agent, null]));
});
