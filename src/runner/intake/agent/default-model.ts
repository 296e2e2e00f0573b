import { AppError } from '../../../base/errors.ts';
import { dollars } from '../../../base/figures.ts';
import { descriptorOf, isEmbeddingModel, isModelFile, type NamedModel, PROVIDERS } from '../../../providers/catalog.ts';
import type { PriceTable } from '../../../providers/prices/prices.ts';
import type { ModelSource, Provider } from '../../../providers/provider.ts';

/** What the choice of a model needs. */
export interface ModelChoiceParts {
  provider: (name: string, model?: ModelSource) => Promise<Provider>;
  prices: PriceTable;
}

/**
 * The model of a question that names none: of the first provider of the catalog whose key is set.
 * @throws AppError `config_invalid` naming the keys, when none is set
 */
export async function defaultModel(parts: ModelChoiceParts): Promise<NamedModel> {
  const usable = PROVIDERS.flatMap(({ name, defaultModel: model, keyVariable }) =>
    model === undefined || keyVariable === undefined ? [] : [{ provider: name, model, keyVariable }],
  );
  for (const { provider, model } of usable) {
    if ((await missingOf({ provider, model }, parts)) === undefined) return { provider, model };
  }
  const keys = usable.map(({ keyVariable }) => keyVariable).join(', ');
  throw new AppError('config_invalid', `No key of a provider is set. Set one of ${keys}, or name a model.`);
}

/** Why a model was chosen and what it costs, as a warning that a person reads before the start. */
export function choiceText({ provider, model }: NamedModel, prices: PriceTable): string {
  const key = descriptorOf(provider)?.keyVariable;
  const a = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };
  const input = prices.priceOf(provider, model, { ...a, inputTokens: 1000 });
  const output = prices.priceOf(provider, model, { ...a, outputTokens: 1000 });
  const price =
    input === undefined || output === undefined
      ? 'Its price is unknown.'
      : `It costs ${dollars(input / 1000)} in and ${dollars(output / 1000)} out per million tokens.`;
  return `The model is ${provider}/${model}, because none is named and ${key} is set. ${price}`;
}

/** Whether a warning is a {@link choiceText}. Reports name the model anyway. */
export function isModelChoice(warning: string): boolean {
  return /^The model is \S+, because none is named and /.test(warning);
}

/**
 * Reads `provider/model`, or a name that identifies its provider.
 * @param isOwn whether a person wrote it: a model that talks may name neither files nor ARNs
 * @throws AppError `invalid_arguments` when a question can't use it, `config_invalid` when its provider lacks a setting
 */
export async function namedModel(
  text: string,
  parts: ModelChoiceParts,
  { isOwn }: { isOwn: boolean },
): Promise<NamedModel> {
  const named = readName(text);
  if (!isModelFile(named) && !PLAIN_NAME.test(named.model)) refuse(shown(text), NOT_PLAIN);
  if (!isOwn) checkSpokenModel(named);
  if (descriptorOf(named.provider)?.target !== undefined)
    refuse(shown(text), 'is an agent that runs elsewhere, which only agents.yaml can name');
  if (isEmbeddingModel(named))
    refuse(text, 'is an embedding model and gives no fields; choose a model that writes text');
  const { modelKeys = {} } = descriptorOf(named.provider) ?? {};
  const [needed] = Object.entries(modelKeys).flatMap(([key, use]) => (typeof use === 'object' ? [key] : []));
  if (needed !== undefined) refuse(text, `needs a ${needed}, which only an agent of a registry file can have`);
  const missing = await missingOf(named, parts);
  if (missing === undefined) return named;
  throw new AppError('config_invalid', `The model ${text} can't be called before ${missing} is set.`);
}

/**
 * Checks a model that may have been named by a model that talks, not by a person.
 * @throws AppError `invalid_arguments` for a file, and for an ARN: it may belong to another account, which would receive
 *   the rows
 */
export function checkSpokenModel(named: NamedModel): void {
  const what = isModelFile(named) ? 'a file' : /\barn:/i.test(named.model) ? 'an ARN' : undefined;
  if (what !== undefined) refuse(named.model, `is ${what}, which only the command line may name`);
}

function readName(text: string): NamedModel {
  const [, provider, model] = /^([a-z][a-z0-9-]*)\/(.+)$/.exec(text) ?? [];
  if (provider !== undefined && model !== undefined && descriptorOf(provider) !== undefined) return { provider, model };
  const found = PROVIDERS.find(({ models }) => models?.test(text));
  if (found !== undefined) return { provider: found.name, model: text };
  const names = PROVIDERS.flatMap(({ name, target }) => (target === undefined ? [name] : [])).join(', ');
  return refuse(text, `does not identify a provider; write provider/model, with one of the providers ${names}`);
}

/** Names, ids and ARNs of models. Providers put them into paths. */
const PLAIN_NAME = /^(?!.*\.\.)[A-Za-z0-9][\w.:@/+-]{0,255}$/;
const NOT_PLAIN =
  'is not the name of a model: it has to be letters, digits and . : @ / + _ - without two dots in a row';

function shown(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function refuse(text: string, why: string): never {
  throw new AppError('invalid_arguments', `The model "${text}" ${why}.`);
}

async function missingOf(model: NamedModel, { provider }: ModelChoiceParts): Promise<string | undefined> {
  return (await provider(model.provider, model)).lacks?.();
}
