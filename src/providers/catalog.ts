import { resolve } from 'node:path';
import type { JsonSchema } from '../protocol/messages.ts';
import { anthropic } from './anthropic/descriptor.ts';
import { bedrock } from './bedrock/descriptor.ts';
import type { ProviderDescriptor } from './descriptor.ts';
import { gemini } from './gemini/descriptor.ts';
import { httpAgent } from './http-agent/descriptor.ts';
import { openai } from './openai/descriptor.ts';
import { openAiCompatible } from './openai-compatible/descriptor.ts';
import { scripted } from './scripted/descriptor.ts';
import { stepFunctions } from './step-functions/descriptor.ts';

/** All providers, in the order in which messages list them. To add one, add its folder and a line here. */
export const PROVIDERS: readonly ProviderDescriptor[] = [
  anthropic,
  openai,
  openAiCompatible,
  bedrock,
  gemini,
  scripted,
  httpAgent,
  stepFunctions,
];

const byName = new Map(PROVIDERS.map((provider) => [provider.name, provider]));

/** A model as agents name it. */
export interface NamedModel {
  provider: string;
  model: string;
}

/** The provider of a name, if there is one. */
export function descriptorOf(name: string): ProviderDescriptor | undefined {
  return byName.get(name);
}

/**
 * The provider and model that a bare model name means, by each provider's pattern of names.
 * @returns undefined when the name matches no provider; then it must be written as `{provider, model}`
 */
export function parseModelReference(name: string): NamedModel | undefined {
  const found = PROVIDERS.find(({ models }) => models?.test(name));
  return found === undefined ? undefined : { provider: found.name, model: name };
}

/** Whether a model returns a vector for a text. */
export function isEmbeddingModel({ provider, model }: NamedModel): boolean {
  return descriptorOf(provider)?.embeddings?.test(model) ?? false;
}

/** Whether a model gives answers of a schema in its provider's own structured form. */
export function takesFormat({ provider, model }: NamedModel, schema: JsonSchema): boolean {
  return descriptorOf(provider)?.takesFormat?.(model, schema) ?? false;
}

/** Whether the models of a provider are files that stand in for a model. */
export function isModelFile({ provider }: Pick<NamedModel, 'provider'>): boolean {
  return descriptorOf(provider)?.standIn !== undefined;
}

/** The name by which a model is called; for a model file, its path, resolved from the agent's folder. */
export function locateModel(named: NamedModel, folder: string | undefined): string {
  return isModelFile(named) ? resolve(folder ?? '.', named.model) : named.model;
}

/** `provider/model`, for help and error texts. */
export function exampleModel(): string {
  const { name, defaultModel: model } = PROVIDERS.find((provider) => provider.defaultModel !== undefined) ?? {};
  return `${name}/${model}`;
}

/** The variable of the key that most people set, for help texts. */
export function exampleKeyVariable(): string {
  return PROVIDERS.find(({ keyVariable }) => keyVariable !== undefined)?.keyVariable ?? 'API_KEY';
}

/** Whether the vectors of an embedding model have one length only. */
export function hasFixedDimensions({ provider, model }: { provider: string; model: string }): boolean {
  return descriptorOf(provider)?.fixedDimensions?.test(model) ?? false;
}
