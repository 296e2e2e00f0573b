import { toAppError } from '../base/errors.ts';
import { packageVersion } from '../base/process/package-version.ts';
import type { Usage } from '../protocol/messages.ts';
import { PROVIDERS } from '../providers/catalog.ts';
import type { Providers } from '../providers/open-providers.ts';
import { createBatchPriceTable, hasBatchPrice } from '../providers/prices/batch-prices.ts';
import type { PriceTable } from '../providers/prices/prices.ts';
import type { Registry } from '../registry/registry.ts';
import type { ModelPrice, Settings } from '../runner/contract/service/settings.ts';
import type { Config } from './config.ts';

/** The settings of this process, without secrets: of a key it says only whether it is set. Calls no model. */
export async function describeSettings(
  config: Config,
  { providers, agentSources }: { providers: Providers; agentSources: readonly string[] },
): Promise<Settings> {
  const { uploads, confirmAboveUsd, maxUsdPerDay, maxDecodedBytes, webhooks, httpSources } = config;
  return {
    version: packageVersion(),
    default_mode: 'auto',
    providers: await Promise.all(
      PROVIDERS.filter(({ target }) => target === undefined).map(async ({ name, defaultModel: model }) => {
        const missing = await missingOf(name, model, providers);
        const batch_api = hasBatchPrice(name);
        return { name, configured: missing === null, missing, default_model: model ?? null, batch_api };
      }),
    ),
    limits: {
      confirm_above_usd: confirmAboveUsd,
      max_usd_per_day: maxUsdPerDay,
      upload_max_bytes: uploads.maxBytes,
      uploads_total_bytes: uploads.maxTotalBytes,
      uploads_keep_days: uploads.keepMs / 86_400_000,
      max_decoded_bytes: maxDecodedBytes,
    },
    agent_sources: [...agentSources],
    fleet: config.fleet !== null,
    callback_hosts: webhooks.hosts,
    http_sources: httpSources,
  };
}

/** Providers without a model of their own need what their agents name, which only those can say. */
async function missingOf(name: string, model: string | undefined, providers: Providers): Promise<string | null> {
  if (model === undefined) return null;
  return providers.get(name, { provider: name, model }).then(
    (provider) => provider.lacks?.() ?? null,
    (thrown: unknown) => toAppError(thrown).message,
  );
}

/** What models cost, each named as provider/model; without names those of the agents, and the default models. */
export async function describePrices(
  models: readonly string[] | undefined,
  { prices, registry }: { prices: PriceTable; registry: Pick<Registry, 'list'> },
): Promise<ModelPrice[]> {
  const asked = models ?? [
    ...(await registry.list()).map(({ model }) => `${model.provider}/${model.model}`),
    ...PROVIDERS.flatMap(({ name, defaultModel }) => (defaultModel === undefined ? [] : [`${name}/${defaultModel}`])),
  ];
  const batch = createBatchPriceTable(prices);
  return [...new Set(asked)].map((label) => {
    const at = label.indexOf('/');
    const [provider, model] = [label.slice(0, at), label.slice(at + 1)];
    const realtime = perMillion(prices, provider, model);
    return {
      model: label,
      known: realtime !== null,
      realtime,
      batch: hasBatchPrice(provider) ? perMillion(batch, provider, model) : null,
    };
  });
}

/** Short prompts: long ones of some models cost more. */
const TOKENS = 1000;

function perMillion(prices: PriceTable, provider: string, model: string): ModelPrice['realtime'] {
  const nothing: Usage = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };
  const of = (kind: keyof Usage): number | null => {
    const price = prices.priceOf(provider, model, { ...nothing, [kind]: TOKENS });
    return price === undefined ? null : price / TOKENS;
  };
  const input = of('inputTokens');
  if (input === null) return null;
  return {
    input,
    output: of('outputTokens'),
    cache_write: of('cacheWriteTokens'),
    cache_read: of('cacheReadTokens'),
  };
}
