import { expect, test } from 'vitest';
import { formatPath } from '../../src/registry/agent-faults.ts';
import { parseAgent } from '../../src/registry/parse-agent.ts';

const agentOf = (property: object, more: object = {}) => ({
  name: 'looker',
  model: 'claude-haiku-5-5',
  instructions: 'Look.',
  input: { type: 'object', properties: { photo: property } },
  structured_output: { enabled: true, schema: { type: 'object', properties: { seen: { type: 'string' } } } },
  ...more,
});

const faultsOf = (raw: unknown, baseDir: string | undefined = '/agents') => {
  const parsed = parseAgent(raw, baseDir);
  return 'faults' in parsed ? parsed.faults.map(({ path, message }) => `${formatPath(path)} ${message}`) : [];
};

const IMAGE = { type: 'string', media: 'image' };

test('a media field is one of four kinds, and text', () => {
  expect(faultsOf(agentOf(IMAGE))).toEqual([]);
  expect(faultsOf(agentOf({ media: 'pdf' }))).toEqual([]);
  expect(faultsOf(agentOf({ type: ['string', 'null'], media: 'video' }))).toEqual([]);
  expect(faultsOf(agentOf({ type: 'string', media: 'photo' }))).toEqual([
    'input.properties.photo.media is "photo"; write one of image, pdf, audio, video',
  ]);
  expect(faultsOf(agentOf({ type: 'object', media: 'image' }))).toEqual([
    'input.properties.photo.type must be string: a medium is a data URI or the name of a place',
  ]);
});

test('media_from names folders, relative ones from the file of the agent', () => {
  const from = (folders: string[]) => agentOf(IMAGE, { media_from: folders });
  const parsed = parseAgent(from(['photos', '/all/', 's3://bucket/in', 'https://host.example/in/']), '/agents');
  expect('definition' in parsed && parsed.definition.media_from).toEqual([
    '/agents/photos',
    '/all',
    's3://bucket/in',
    'https://host.example/in/',
  ]);
  expect(faultsOf(from(['ftp://host/x']))[0]).toContain('media_from[0] has the scheme ftp://');
  expect(faultsOf(from(['s3://']))[0]).toContain('media_from[0] is no folder');
  const rootless = parseAgent(from(['photos']), undefined);
  expect('faults' in rootless && rootless.faults[0]?.message).toContain('is a relative path');
  expect(faultsOf(agentOf({ type: 'string' }, { media_from: ['photos'] }))[0]).toContain('media_from has no use');
});

test('dimensions belong to embedding models that have them', () => {
  const vector = { type: 'object', properties: { vector: { type: 'array', items: { type: 'number' } } } };
  const embedder = (model: string) => ({
    ...{ name: 'embedder', input: { type: 'object', properties: { text: { type: 'string' } } } },
    model: { provider: model.startsWith('gemini') ? 'gemini' : 'openai', model, dimensions: 256 },
    structured_output: { enabled: true, schema: vector },
  });
  expect(faultsOf(embedder('text-embedding-3-small'))).toEqual([]);
  expect(faultsOf(embedder('gemini-embedding-001'))).toEqual([]);
  expect(faultsOf(embedder('text-embedding-ada-002'))[0]).toContain('model.dimensions has to be left out');
  expect(faultsOf({ ...embedder('gpt-5.1'), instructions: 'x' })[0]).toContain('model.dimensions belongs to embedding');
  const withPhoto = { ...embedder('text-embedding-3-small'), input: { type: 'object', properties: { text: IMAGE } } };
  expect(faultsOf(withPhoto)[0]).toContain('takes text alone');
});
