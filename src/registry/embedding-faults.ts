import { type AgentDefinition, answeringModels } from '../agent/definition.ts';
import { vectorFieldOf } from '../protocol/vector-field.ts';
import { hasFixedDimensions, isEmbeddingModel } from '../providers/catalog.ts';
import { type Fault, isRecord } from './agent-faults.ts';

const SCHEMA = '{type: object, properties: {embedding: {type: array, items: {type: number}}}, required: [embedding]}';

/** An embedding model reads no instructions, so its agent does not need any. */
export function withoutNeedOfInstructions(raw: unknown): unknown {
  if (!isRecord(raw) || raw['instructions'] !== undefined || !isRecord(raw['model'])) return raw;
  const { provider, model } = raw['model'];
  if (typeof provider !== 'string' || typeof model !== 'string' || !isEmbeddingModel({ provider, model })) return raw;
  return { ...raw, instructions: 'Give the vector of the text.' };
}

/** Settings that make no sense for an embedding agent: every row would be paid for, and fail. */
export function embeddingFaults({ model, tools, structured_output: output }: AgentDefinition): Fault[] {
  const { model: name, fallback, dimensions } = model;
  if (!isEmbeddingModel(model)) {
    if (dimensions !== undefined) return [dimensionsFault(`belongs to embedding models, and ${name} is none`)];
    const [, other] = answeringModels(model);
    if (other === undefined || !isEmbeddingModel(other)) return [];
    const message = `is "${other.model}", which gives vectors and not answers; take a model that generates text`;
    return [{ path: ['model', 'fallback'], message }];
  }
  const faults: Fault[] = [];
  if (dimensions !== undefined && hasFixedDimensions(model)) {
    faults.push(dimensionsFault(`has to be left out for ${name}, whose vectors have one length`));
  }
  if (fallback !== undefined) {
    const message = `has to be left out for ${name}: vectors of two models can't be compared`;
    faults.push({ path: ['model', 'fallback'], message });
  }
  if (tools.length > 0) {
    faults.push({
      path: ['tools'],
      message: `have to be left out for ${name}, which gives a vector and calls no tools`,
    });
  }
  if (!output.enabled) {
    faults.push({ path: ['structured_output'], message: `has to be enabled for ${name}, with schema: ${SCHEMA}` });
  } else if (output.schema !== undefined && vectorFieldOf(output.schema) === undefined) {
    const message = `has to have one property for ${name}, an array of numbers that takes the vector: ${SCHEMA}`;
    faults.push({ path: ['structured_output', 'schema'], message });
  }
  if (output.mode === 'text' || output.mode === 'native') {
    const message = `has to be left out for ${name}, which gives a vector and no text`;
    faults.push({ path: ['structured_output', 'mode'], message });
  }
  return faults;
}

function dimensionsFault(message: string): Fault {
  return { path: ['model', 'dimensions'], message };
}
