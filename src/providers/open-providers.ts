import { AppError } from '../base/errors.ts';
import { missingSdks, requireSdk } from '../base/process/require-sdk.ts';
import { descriptorOf, PROVIDERS } from './catalog.ts';
import type { ProviderDescriptor, ProviderParts } from './descriptor.ts';
import type { ModelSource, Provider } from './provider.ts';
import type { BatchApi } from './provider-jobs/batch-api.ts';
import { removeOrphanSpools } from './provider-jobs/batch-spool.ts';
import { withFallback } from './shared/fallback.ts';

/** The providers of a process. */
export interface Providers {
  /**
   * @param model names the server and the fallback; a model of another provider is ignored
   * @throws AppError `agents_invalid` when there is no such provider, or the model lacks a required key;
   *   `config_invalid` when its SDK is not installed
   */
  get(name: string, model?: ModelSource): Promise<Provider>;
  /** The batch API that serves a model, or the reason why there is none, as text. */
  batch(model: ModelSource): Promise<BatchApi | string>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** The clients of the catalog's providers: one for each server that models name, created on first use. */
export function createProviders(parts: ProviderParts): Providers {
  const made = createOnce<Provider>();
  const batchApis = createOnce<BatchApi | string>();
  let cleaning: Promise<void> | undefined;
  return {
    async get(name, given) {
      const descriptor = knownDescriptor(name);
      const model = given?.provider === name ? given : { provider: name, model: '' };
      requireSdk(`provider ${name}`, descriptor.sdks);
      const key = serverKey(model);
      const provider = await made.get(key, () => descriptor.open(model, parts));
      const { fallback } = model;
      if (typeof fallback !== 'string' || fallback === model.model) return provider;
      const both = { model: model.model, fallback, log: parts.log };
      return made.get([...key, model.model, fallback], async () => withFallback(provider, both));
    },
    async batch(model) {
      const descriptor = descriptorOf(model.provider);
      if (descriptor === undefined) return `there is no provider "${model.provider}"`;
      cleaning ??= removeOrphanSpools();
      await cleaning;
      return batchApis.get([...serverKey(model), model.model], () => openBatch(descriptor, model, parts));
    },
    async close() {
      await Promise.all((await made.all()).map((provider) => provider.close()));
      for (const api of await batchApis.all()) if (typeof api !== 'string') await api.close();
    },
  };
}

function knownDescriptor(name: string): ProviderDescriptor {
  const descriptor = descriptorOf(name);
  if (descriptor !== undefined) return descriptor;
  const names = PROVIDERS.flatMap(({ name: one, target }) => (target === undefined ? [one] : [])).join(', ');
  throw new AppError('agents_invalid', `There is no model provider "${name}"; the providers are ${names}.`);
}

/** Missing settings are reported before a missing SDK: without the settings, the SDK is not needed. */
async function openBatch(
  descriptor: ProviderDescriptor,
  model: ModelSource,
  parts: ProviderParts,
): Promise<BatchApi | string> {
  const api = await descriptor.openBatch(model, parts);
  const missing = typeof api === 'string' ? [] : missingSdks(descriptor.batchSdks ?? descriptor.sdks);
  if (missing.length === 0) return api;
  return `${missing.join(' and ')} ${missing.length === 1 ? 'is' : 'are'} not installed: npm install ${missing.join(' ')}`;
}

/** A profile belongs to its model. Every part has a fixed position, so that different sources get different keys. */
function serverKey(source: ModelSource): unknown[] {
  const { provider, model, base_url, api_key_env, region, inference_profile: profile, target } = source;
  const own = profile === undefined ? [null, null] : [profile, model];
  return [provider, base_url, api_key_env, region, ...own, ...(target === undefined ? [] : [target])];
}

/** Values by key, each created once; a failed creation is tried again. */
function createOnce<Value>() {
  const made = new Map<string, Promise<Value>>();
  return {
    get(key: readonly unknown[], make: () => Promise<Value>): Promise<Value> {
      const text = JSON.stringify(key);
      const known = made.get(text);
      if (known !== undefined) return known;
      const making = make();
      made.set(text, making);
      making.catch(() => made.delete(text));
      return making;
    },
    all: (): Promise<Value[]> => Promise.all(made.values()),
  };
}
